"""Lookup tables: their rows as searches read them, and the changes of rows.

Rows of a table that an app brought may be changed by those who manage content; another version of the app
then leaves them alone.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from dohyo.base.clock import now_ms
from dohyo.content import rows, tree
from dohyo.content.paths import find
from dohyo.content.refusals import no_content, not_allowed, wrong
from dohyo.content.rights import Caller, viewed
from dohyo.content.tables import Row, Table, rows_of_csv, table_of, typed
from dohyo.functions.casts import any_to_text
from dohyo.metadata.content import ContentItem
from dohyo.plan.nodes import LookupTable

ADDRESS = "path://"
MOST_TABLES = 50


@dataclass(frozen=True)
class _Read:
    """A table as it was read: `mark` tells another state of its item, `until_ms` when a row runs out."""

    mark: tuple[int, int, int]
    until_ms: int | None
    table: LookupTable


class LookupTables:
    """Safe for threads."""

    def __init__(self, metadata: sessionmaker[Session]) -> None:
        self._metadata = metadata
        self._lock = threading.Lock()
        self._found: tuple[int, dict[str, str | None]] = (-1, {})
        self._read: OrderedDict[str, _Read] = OrderedDict()

    def table_at(self, address: str, caller: Caller | None = None) -> LookupTable | None:
        """The table at `path://"/Library/..."` (quotes and scheme may be missing); None where there is none.

        Without a caller only tables that belong to everybody are found, with one also those he may see.
        """
        path = address.strip().removeprefix(ADDRESS).strip("\"' ")
        with self._metadata() as session:
            item_id = self._item_id(session, path)
            item = session.get(ContentItem, item_id) if item_id else None
            if item is None or item.item_type != "Lookups":
                return None
            if not (item.owner_id is None if caller is None else caller.may_view(item)):
                return None
            return self._table(session, item)

    def _item_id(self, session: Session, path: str) -> str | None:
        now = tree.revision(session)
        with self._lock:
            if self._found[0] != now:
                self._found = (now, {})
            known = self._found[1]
        if path not in known:
            known[path] = find(session, self._metadata, path)
        return known[path]

    def _table(self, session: Session, item: ContentItem) -> LookupTable:
        mark = (item.version, item.created_ms, item.modified_ms)
        with self._lock:
            known = self._read.get(item.id)
        if known and known.mark == mark and (known.until_ms is None or now_ms() < known.until_ms):
            return known.table
        definition = table_of(item.document)
        found, until = rows.read_rows(session, item, definition)
        read = _Read(mark, until, LookupTable(definition.columns, found))
        with self._lock:
            self._read[item.id] = read
            self._read.move_to_end(item.id)
            while len(self._read) > MOST_TABLES:
                self._read.popitem(last=False)
        return read.table

    # Changing rows

    def upload(self, item_id: str, content: bytes, caller: Caller, *, merge: bool = False) -> int:
        """Replaces the rows by those of a CSV file, or merges them in by primary key; how many it had."""
        with self._metadata.begin() as session:
            item, table = _changeable(session, item_id, caller)
            given = rows_of_csv(table, content)
            rows.write_rows(session, item, given, merge=merge, by_people=True)
            _stamp(item, caller)
        return len(given)

    def save(self, address: str, given: list[Row], append: bool, caller: Caller) -> None:
        """Rows of a search, in the place of the table's rows or merged in by primary key; columns that a row
        lacks become null. ContentRefused where there is no such table, he may not change it, or a cell is of
        another kind than its column.
        """
        path = address.strip().removeprefix(ADDRESS).strip("\"' ")
        with self._metadata.begin() as session:
            item_id = self._item_id(session, path)
            if item_id is None:
                raise no_content()
            item, table = _changeable(session, item_id, caller)
            fitting = [_row(table, {name: any_to_text(cell) for name, cell in row.items()}) for row in given]
            rows.write_rows(session, item, fitting, merge=append, by_people=True)
            _stamp(item, caller)

    def truncate(self, item_id: str, caller: Caller) -> None:
        """Removes all rows."""
        with self._metadata.begin() as session:
            item, _ = _changeable(session, item_id, caller)
            rows.write_rows(session, item, [], by_people=True)
            _stamp(item, caller)

    def put_row(self, item_id: str, cells: Mapping[str, str | None], caller: Caller) -> None:
        """Adds a row or replaces that with the same primary key; columns left out become null."""
        with self._metadata.begin() as session:
            item, table = _changeable(session, item_id, caller)
            rows.write_rows(session, item, [_row(table, cells)], merge=True, by_people=True)
            _stamp(item, caller)

    def delete_row(self, item_id: str, key: Mapping[str, str | None], caller: Caller) -> None:
        """Removes the row whose primary key has these values."""
        with self._metadata.begin() as session:
            item, table = _changeable(session, item_id, caller)
            rows.delete_row(session, item, table.key_of(_row(table, key)))
            _stamp(item, caller)

    def set_life(self, item_id: str, ttl: int, description: str, action: str, caller: Caller) -> None:
        """Changes how long rows stay (minutes, 0: for ever), the description, what a full table does."""
        with self._metadata.begin() as session:
            item, _ = _changeable(session, item_id, caller)
            if item.app_instance_id:
                raise not_allowed(
                    "the definition of an installed table is read-only; its rows may be changed"
                )
            document = {**item.document, "ttl": ttl, "description": description, "sizeLimitAction": action}
            table_of(document)
            item.document, item.description = document, description
            item.version += 1
            _stamp(item, caller)

    def table_json(self, item_id: str, caller: Caller) -> dict[str, Any]:
        """The published definition with id and size; without times, authors and the folder's path."""
        with self._metadata() as session:
            item = viewed(session, item_id, caller)
            if item.item_type != "Lookups":
                raise no_content()
            table = table_of(item.document)
            size = rows.state_of(session, item).size_bytes
        return {
            "id": item.id,
            "name": item.name,
            "description": item.description,
            "fields": [{"fieldName": c.fieldName, "fieldType": c.fieldType} for c in table.fields],
            "primaryKeys": table.primaryKeys,
            "ttl": table.ttl,
            "sizeLimitAction": table.sizeLimitAction,
            "size": size,
        }


def _stamp(item: ContentItem, caller: Caller) -> None:
    item.modified_ms, item.modified_by = now_ms(), caller.user_id


def _changeable(session: Session, item_id: str, caller: Caller) -> tuple[ContentItem, Table]:
    tree.lock_tree(session)
    item = viewed(session, item_id, caller)
    if item.item_type != "Lookups":
        raise no_content()
    if not (caller.manages if item.app_instance_id else caller.may_change(item)):
        raise not_allowed("the rows of this table may be changed by its owner or an administrator")
    return item, table_of(item.document)


def _row(table: Table, cells: Mapping[str, str | None]) -> Row:
    row = {}
    for name, text in cells.items():
        column = table.column(name)
        if column is None:
            raise wrong(f'the table has no field "{name}"', f"fields are {', '.join(table.columns)}")
        row[column.fieldName] = typed(column, text)
    return row
