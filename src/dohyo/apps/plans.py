"""What an install, a change of version or an uninstall would change, told before anything is done.

One text for all: the pages, the API and the command line show the same plan.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session, sessionmaker

from dohyo.apps.catalog import App
from dohyo.apps.inputs import DEFAULT_KEY, resolved_inputs
from dohyo.apps.jobs import instance_of
from dohyo.apps.manifest import Config, Scope
from dohyo.apps.package import Package
from dohyo.apps.parts import Json, about, kind_of, listed, many, query_text
from dohyo.apps.refusals import conflict
from dohyo.apps.sample import FOLDER_PATH
from dohyo.apps.set_up import SetUp, set_up_of
from dohyo.apps.switch import drafts_of, managed
from dohyo.content.definitions import Draft, definition_of
from dohyo.content.tables import table_of
from dohyo.metadata.content import AppInstance, ContentItem, LookupRows

KEPT = ["Collectors and sources", "Collected messages", "Copies made by users"]
MOST_NAMES = 3


@dataclass(frozen=True)
class Standing:
    """An app as it is installed: what it brought, without its folder, and which of its tables have rows that
    people changed. Nothing of all that where it is not installed.
    """

    instance: AppInstance | None = None
    items: Sequence[ContentItem] = ()
    changed_tables: frozenset[str] = frozenset()
    readers: Mapping[str, int] = field(default_factory=dict)
    """How many items of people name a table of the app, by the table's name."""

    @property
    def parameters(self) -> dict[str, str]:
        return self.instance.parameters if self.instance else {}

    def has_changed(self, name: str) -> bool:
        """Whether people changed rows of the table of this name."""
        return any(i.name == name and i.id in self.changed_tables for i in self.items)


@dataclass(frozen=True)
class _Part:
    """An item of a version: its definition and rows, None where the version is known by its items only."""

    type: str
    definition: Json | None
    rows: tuple[Json, ...] = ()


def standing_of(metadata: sessionmaker[Session], uuid: str) -> Standing:
    """The app of this id as it stands."""
    with metadata() as session:
        instance = instance_of(session, uuid.strip().lower())
        if instance is None:
            return Standing()
        items = [item for item in managed(session, instance.id) if item.id != instance.folder_id]
        own = (LookupRows.item_id.in_([item.id for item in items]), LookupRows.rows_changed.is_(True))
        changed = frozenset(session.scalars(select(LookupRows.item_id).where(*own)))
        tables = [item.name for item in items if item.item_type == "Lookups"]
        readers = {name: _readers(session, f"{FOLDER_PATH}/{instance.name}/{name}") for name in tables}
        return Standing(instance, items, changed, readers)


def _readers(session: Session, path: str) -> int:
    """How many items of people have the path in them, such as copied dashboards."""
    text = cast(ContentItem.document, Text)
    named = text.ilike(f"%{_escaped(json.dumps(path)[1:-1])}%", escape="!")
    wanted = select(func.count()).where(ContentItem.app_instance_id.is_(None), named)
    return session.scalar(wanted) or 0


def _escaped(text: str) -> str:
    return re.sub(r"([!%_])", r"!\1", text)


def plan_of(
    metadata: sessionmaker[Session],
    app: App,
    action: str,
    version: str | None = None,
    given: Mapping[str, str] | None = None,
    collection: Any = None,
) -> Json:
    """The plan of an order as `Lifecycle.order` takes it. AppRefused as there, also for an uninstall of what
    is not installed.
    """
    package = None if action == "uninstall" else app.package(version)
    standing = standing_of(metadata, app.uuid)
    if action != "install" and standing.instance is None:
        hints = ("install it first",) if package else ()
        raise conflict("apps:not_installed", f"{app.name} is not installed", *hints)
    set_up = set_up_of(collection, package, metadata) if package else None
    if action == "install" and package and standing.instance:
        with metadata() as session:
            check_repeated(session, standing.instance, package, given or {}, set_up or SetUp())
    return plan_json(app, package, standing, action, given, set_up)


def check_repeated(
    session: Session, instance: AppInstance, package: Package, given: Mapping[str, str], set_up: SetUp
) -> None:
    """AppRefused 409 where an install of what is installed asks for more than stands already; the rest of it
    would be lost without a word.
    """
    message = f"{instance.name} is installed in version {instance.version} already"
    if instance.version != package.version:
        raise conflict("apps:installed", message, "upgrade moves to any other version")
    if resolved_inputs(package.config, given, instance.parameters) != instance.parameters:
        hint = "upgrade changes them, to this version or another"
        raise conflict("apps:installed", f"{message}, with other values", hint)
    if not set_up.is_made(session):
        hint = "the source can be added to a collector by itself"
        raise conflict("apps:installed", f"{message}; no source was made", hint)


def plan_json(
    app: App,
    package: Package | None,
    standing: Standing,
    action: str,
    given: Mapping[str, str] | None = None,
    set_up: SetUp | None = None,
) -> Json:
    """What moving to the package would change, without one what removing the app would.

    `parameters` are those that have no value yet, which is asked for. With `given` ones, which may be none,
    they are checked as an order checks them: AppRefused 400.
    """
    instance, set_up = standing.instance, set_up or SetUp()
    asked = _asked(package.config, standing.parameters) if package else []
    after_inputs = standing.parameters
    if package and given is not None:
        after_inputs = resolved_inputs(package.config, given, standing.parameters, set_up.category)
    before_package = app.packages.get(instance.version) if instance else None
    before = _before(before_package, standing)
    after = _parts(package, after_inputs) if package else {}
    changes = [
        *(() if instance else set_up.changes()),
        *(
            _scope_changes(package.config, standing.parameters, after_inputs)
            if package and given is not None
            else ()
        ),
        *_item_changes(before, after, standing),
        *_hot_change(before_package, package),
    ]
    return {
        "action": action,
        "from": instance.version if instance else None,
        "to": package.version if package else None,
        "parameters": [parameter_json(scope, standing.parameters) for scope in asked],
        "changes": changes,
        "keeps": [f"Other {KEPT[0].lower()}", *KEPT[1:]] if set_up.source and not instance else KEPT,
    }


def parameter_json(scope: Scope, known: Mapping[str, str]) -> Json:
    """A scope that installing asks for, with the field and value that it has."""
    return {
        "label": scope.label,
        "keyVar": scope.keyTfVar,
        "valueVar": scope.defaultValueTfVar,
        "field": known.get(scope.keyTfVar) or DEFAULT_KEY,
        "value": known.get(scope.defaultValueTfVar) or "",
    }


def _asked(config: Config, known: Mapping[str, str]) -> list[Scope]:
    return [scope for scope in config.parameters if scope.defaultValueTfVar not in known]


def _change(change: str, kind: str, name: str, detail: str) -> Json:
    return {"change": change, "kind": kind, "name": name, "detail": detail}


def _before(package: Package | None, standing: Standing) -> dict[str, _Part]:
    if package is not None:
        return _parts(package, standing.parameters)
    by_id = {item.id: item for item in standing.items}

    def path(item: ContentItem) -> str:
        parent = by_id.get(item.parent_id or "")
        return f"{path(parent)}/{item.name}" if parent else item.name

    return {path(item): _Part(item.item_type, None) for item in standing.items}


def _parts(package: Package, inputs: Mapping[str, str]) -> dict[str, _Part]:
    """Every item by its path below the app's folder."""
    samples = {name: inputs.get(name) or "sample" for name in package.config.inputs}
    found: dict[str, _Part] = {}

    def gather(draft: Draft, path: str) -> None:
        for child in draft.children:
            name = f"{path}{child.name}"
            shown = definition_of(child.document, child.name, child.description, ())
            found[name] = _Part(child.item_type, shown, child.rows)
            gather(child, f"{name}/")

    gather(drafts_of(package, resolved_inputs(package.config, samples, {})), "")
    return found


def _scope_changes(config: Config, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Json]:
    for scope in config.parameters:
        names = (scope.keyTfVar, scope.defaultValueTfVar)
        old, new = ("=".join(values[name] for name in names if name in values) for values in (before, after))
        if new != old:
            told = f"{new} instead of {old}" if old else new
            yield _change("changed" if old else "added", "scope", scope.label, told)


def _item_changes(
    before: Mapping[str, _Part], after: Mapping[str, _Part], standing: Standing
) -> Iterator[Json]:
    for path in [*before, *(path for path in after if path not in before)]:
        old, new = before.get(path), after.get(path)
        kind = kind_of((new or before[path]).type)
        if kind == "folder":
            continue
        by_people = kind == "lookup" and standing.has_changed(path.rpartition("/")[2])
        if new is None:
            yield _change("removed", kind, path, "; ".join(_losses(path, by_people, standing)))
        elif old is None:
            yield _change("added", kind, path, about(new.definition or {}, len(new.rows)))
        else:
            word = "kept" if old == new else "changed"
            yield _change(word, kind, path, "; ".join(_differences(old, new, by_people)))


def _losses(path: str, by_people: bool, standing: Standing) -> Iterator[str]:
    """What else goes with a table."""
    if by_people:
        yield "with the rows that people changed"
    if readers := standing.readers.get(path.rpartition("/")[2]):
        verb = "reads" if readers == 1 else "read"
        yield f"{many(readers, 'item')} of users {verb} it and will find no rows"


def _differences(old: _Part, new: _Part, by_people: bool) -> Iterator[str]:
    """What is different in an item, or what is in it where nothing is."""
    was, now = old.definition, new.definition or {}
    if kind_of(old.type) != kind_of(new.type):
        yield f"becomes a {kind_of(new.type)}, was a {kind_of(old.type)}"
    elif was is None or old == new:
        yield about(now, len(new.rows))
    elif kind_of(new.type) == "dashboard":
        yield from _named_changes("panel", listed(was, "panels"), listed(now, "panels"), "key", "title")
        yield from _named_changes(
            "variable", listed(was, "variables"), listed(now, "variables"), "name", "name"
        )
        if was.get("timeRange") != now.get("timeRange"):
            yield f"time range {about({**now, 'panels': []}).partition(', ')[2] or 'changed'}"
    elif kind_of(new.type) == "search":
        yield "another query" if query_text(was) != query_text(now) else "other settings"
    elif kind_of(new.type) == "lookup" and old.rows != new.rows and not by_people:
        counts = f"{many(len(new.rows), 'row')} instead of {len(old.rows):,}"
        yield "other rows" if len(new.rows) == len(old.rows) else counts
    if by_people:
        stays = was is None or table_of(was).same_shape(table_of(now))
        yield "the rows that people changed stay" if stays else "the rows that people changed are replaced"


def _named_changes(
    word: str, old: Sequence[Json], new: Sequence[Json], key: str, title: str
) -> Iterator[str]:
    """`2 panels added: A, B` for the panels or variables of a dashboard."""
    was = {str(part.get(key)): part for part in old}
    now = {str(part.get(key)): part for part in new}
    groups = {
        "added": [now[one] for one in now if one not in was],
        "removed": [was[one] for one in was if one not in now],
        "changed": [now[one] for one in now if one in was and was[one] != now[one]],
    }
    for change, parts in groups.items():
        names = [str(part.get(title) or part.get(key)) for part in parts]
        shown = f": {', '.join(names)}" if len(names) <= MOST_NAMES or change != "changed" else ""
        if names:
            yield f"{many(len(names), word)} {change}{shown}"


def _hot_change(before: Package | None, after: Package | None) -> Iterator[Json]:
    old = before.hot_fields.fields if before and before.hot_fields else {}
    new = after.hot_fields.fields if after and after.hot_fields else {}
    if not old and not new:
        return
    word = "added" if not old else "removed" if not new else "kept" if old == new else "changed"
    yield _change(word, "hotFields", "Hot fields", many(len(new or old), "key"))
