"""Rows of lookup tables in the database, within a transaction of the caller that has locked the tree."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from dohyo.base.clock import now_ms
from dohyo.content.refusals import wrong
from dohyo.content.tables import Row, Table, table_of
from dohyo.metadata.content import ContentItem, LookupRow, LookupRows

MOST_BYTES = 100 * 1024 * 1024
BATCH = 1000
MINUTE_MS = 60_000


def state_of(session: Session, item: ContentItem) -> LookupRows:
    """What the table has besides its definition, made where it is missing."""
    state = session.get(LookupRows, item.id)
    if state is None:
        state = LookupRows(item_id=item.id, rows_changed=False, size_bytes=0)
        session.add(state)
        session.flush()
    return state


def write_rows(
    session: Session, item: ContentItem, rows: Iterable[Row], *, merge: bool = False, by_people: bool = False
) -> None:
    """Replaces the rows, or with `merge` those with the same primary key; of equal keys the last one counts.

    `by_people` marks a table of an app as changed, so that another version of the app leaves its rows alone.
    """
    table, state, now = table_of(item.document), state_of(session, item), now_ms()
    keyed = {table.key_of(row): row for row in rows}
    if merge:
        _remove(session, item, state, list(keyed))
    else:
        session.execute(delete(LookupRow).where(LookupRow.table_id == item.id))
        state.size_bytes = 0
    last = session.scalar(select(func.max(LookupRow.position)).where(LookupRow.table_id == item.id))
    first = 0 if last is None else last + 1
    stored = [
        {"table_id": item.id, "row_key": key, "position": first + at, "row": row, "modified_ms": now}
        for at, (key, row) in enumerate(keyed.items())
    ]
    for at in range(0, len(stored), BATCH):
        session.execute(insert(LookupRow), stored[at : at + BATCH])
    state.size_bytes += sum(map(_size, keyed.values()))
    if state.size_bytes > MOST_BYTES:
        if table.sizeLimitAction != "DeleteOldData":
            hint = "sizeLimitAction DeleteOldData lets the oldest rows go"
            raise wrong(f"the rows would take more than {MOST_BYTES // 1024**2} MB", hint)
        _remove_oldest(session, item, state)
    state.rows_changed = state.rows_changed or by_people
    item.version += 1


def delete_row(session: Session, item: ContentItem, key: str) -> None:
    """Removes the row with this key, if there is one."""
    state = state_of(session, item)
    _remove(session, item, state, [key])
    state.rows_changed = True
    item.version += 1


def _remove(session: Session, item: ContentItem, state: LookupRows, keys: list[str]) -> None:
    for at in range(0, len(keys), BATCH):
        some = (LookupRow.table_id == item.id, LookupRow.row_key.in_(keys[at : at + BATCH]))
        state.size_bytes -= sum(map(_size, session.scalars(select(LookupRow.row).where(*some))))
        session.execute(delete(LookupRow).where(*some))


def _remove_oldest(session: Session, item: ContentItem, state: LookupRows) -> None:
    """Those written longest ago, until the others fit."""
    oldest = select(LookupRow.row_key, LookupRow.row).where(LookupRow.table_id == item.id)
    going, left = [], state.size_bytes
    for key, row in session.execute(oldest.order_by(LookupRow.position)):
        if left <= MOST_BYTES:
            break
        going.append(key)
        left -= _size(row)
    _remove(session, item, state, going)


def _size(row: Row) -> int:
    return len(json.dumps(row))


def stored_rows(session: Session, item: ContentItem) -> Iterable[Row]:
    """The rows as they were given, those that ran out too."""
    wanted = select(LookupRow.row).where(LookupRow.table_id == item.id).order_by(LookupRow.position)
    return session.scalars(wanted.execution_options(yield_per=BATCH))


def read_rows(session: Session, item: ContentItem, table: Table) -> tuple[list[Row], int | None]:
    """The rows that have not run out, in their order, each with every field; when the next one runs out."""
    wanted = select(LookupRow.row, LookupRow.modified_ms).where(LookupRow.table_id == item.id)
    now, life = now_ms(), table.ttl * MINUTE_MS
    rows, ends = [], []
    for row, modified_ms in session.execute(wanted.order_by(LookupRow.position)):
        if life and modified_ms + life <= now:
            continue
        if life:
            ends.append(modified_ms + life)
        rows.append({name: row.get(name) for name in table.columns})
    return rows, min(ends, default=None)
