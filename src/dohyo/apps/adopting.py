"""A published app made a package: the files of `dohyo app new --from`."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from dohyo.apps.archive import Files
from dohyo.apps.manifest import Case, Expected
from dohyo.apps.package import Package, read_package
from dohyo.apps.package_tests import recorded
from dohyo.apps.published import FOLDER, Published
from dohyo.collect.file_records import Record, look_at, records_of
from dohyo.content.definitions import KEPT, item_type_of
from dohyo.content.names import fitting_name, numbered_name
from dohyo.content.parameters import Parameter, is_scope_variable, parameters_of, with_default, with_places
from dohyo.content.places import PLACE, QUERY_KEYS
from dohyo.search.lines import record_time

KEY, VALUE = "scope_key", "default_scope_value"
CATEGORY = "test/events"
MOST_EVENTS = 20_000
MARGIN_MS = 60_000
NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


def files_of_published(published: Published, name: str, version: str, events: Sequence[Path]) -> Files:
    """The files of a package of this name and version with the content of the published app.

    Its scopes become what installing asks for; its events become tests, with the answers that they get now.
    PackageRefused where the content is none that a package can bring.
    """
    asked = parameters_of(published.definition)
    pairs = _pairs(published, asked)
    definition = _with_inputs(published.definition, asked, pairs)
    about = str(published.about.get("description") or definition.get("description") or "").strip()
    files: dict[str, bytes] = {
        "manifest.yaml": _yaml(_manifest(published, name, version, about or f"{name}, as it was published.")),
        "config.yaml": _yaml({"parameters": _scopes(published, pairs)}),
        "README.md": f"# {name}\n\n## Overview\n{about or 'Made of the published app.'}\n".encode(),
        "CHANGELOG.md": f"# Changelog\n\n## {version}\n- Made of the published app.\n".encode(),
    }
    stems: set[str] = set()
    for resource in _resources(definition):
        stem = base = NOT_IN_NAMES.sub("-", str(resource.get("name")).lower()).strip("-")[:80] or "content"
        number = 1
        while stem in stems:
            number += 1
            stem = f"{base}-{number}"
        stems.add(stem)
        text = json.dumps(resource, ensure_ascii=False, indent=2)
        files[f"resources/{stem}.json"] = f"{text}\n".encode()
    package = read_package(files)
    return {**files, **_tests(package, events)} if events else files


def _resources(definition: Any) -> Iterator[dict[str, Any]]:
    """The items of the app, each with a name of its own."""
    is_folder = isinstance(definition, dict) and definition.get("type") in (FOLDER, "Folder")
    names: set[str] = set()
    for one in definition.get("children") or () if is_folder else [definition]:
        if isinstance(one, dict):
            kind = item_type_of(one) or KEPT
            name, number = fitting_name(one.get("name"), kind), 1
            while name in names:
                number += 1
                name = numbered_name(fitting_name(one.get("name"), kind), number, kind)
            names.add(name)
            yield {**one, "name": name}


def _manifest(published: Published, name: str, version: str, about: str) -> dict[str, Any]:
    author = published.about.get("author")
    attributes = published.about.get("attributes")
    texts = dict(attributes) if isinstance(attributes, Mapping) else {}
    lists = {key: [str(one) for one in texts.get(key) or ()] for key in ("category", "useCase", "collection")}
    return {
        "schemaVersion": "2.0",
        # The same for the next published revision, which is another version of the app.
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"dohyo:published:{name}")),
        "name": name,
        "version": version,
        "description": about[:4096],
        "author": {
            "name": str((author.get("name") if isinstance(author, Mapping) else "") or "an unknown author")
        },
        "attributes": {**lists, "category": lists["category"] or ["Published"]},
        "appOverview": {"overview": "README.md#Overview"},
        "asPublished": True,
    }


# ---- what installing asks for ----


def _pairs(published: Published, asked: Sequence[Parameter]) -> dict[str, tuple[str, str]]:
    """The two inputs, of field and value, in the place of each parameter. Declared inputs are inputs
    already.
    """
    names = [one.name for one in asked if not published.inputs]
    if len(names) == 1:
        return {names[0]: (KEY, VALUE)}
    found: dict[str, tuple[str, str]] = {}
    for name in names:
        word = (NOT_IN_NAMES.sub("_", name.lower()).strip("_") or "scope")[:40]
        word = word if word[0].isalpha() else f"scope_{word}"
        taken = {one for pair in found.values() for one in pair}
        while f"{word}_key" in taken:
            word += "_2"
        found[name] = (f"{word}_key", f"{word}_value")
    return found


def _scopes(published: Published, pairs: Mapping[str, tuple[str, str]]) -> list[dict[str, str]]:
    labels = {pair: name for name, pair in pairs.items()}
    if published.inputs:
        keys = sorted(one for one in published.inputs if one.endswith("_key"))
        values = sorted(one for one in published.inputs if one not in keys)
        while len(keys) < len(values):
            keys.append(f"{values[len(keys)]}_key")
        of_values = zip(keys, values, strict=False)
        labels = {pair: "Logs data source" if pair[0] == KEY else pair[1] for pair in of_values}
    return [
        {"componentType": "scope", "label": label, "keyTfVar": key, "defaultValueTfVar": value}
        for (key, value), label in labels.items()
    ]


def _with_inputs(definition: Any, asked: Sequence[Parameter], pairs: Mapping[str, tuple[str, str]]) -> Any:
    """The definition with the places of inputs for its parameters, in every spelling of these."""
    places = {name: (f"{{{{{key}}}}}", f"{{{{{value}}}}}") for name, (key, value) in pairs.items()}
    # `{{Logsdatasource}}` in a query stays: the variable's default is what is asked for.
    variables = {one.name for one in asked if one.kind == "variable"}

    def scope(name: str, before: str) -> str:
        return before + places[name][1] if before else "=".join(places[name])

    def named(match: re.Match[str]) -> str:
        name = match[1]
        return places[name][1] if name in places and name not in variables else match[0]

    def inside(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            if is_scope_variable(value) and value["name"] in places:
                value = with_default(value, places[value["name"]][1])
            return {name: inside(child, name) for name, child in value.items()}
        if isinstance(value, list):
            return [inside(child, key) for child in value]
        return PLACE.sub(named, value) if isinstance(value, str) and key in QUERY_KEYS else value

    return inside(with_places(definition, scope)) if pairs else definition


# ---- tests ----


def _tests(package: Package, events: Sequence[Path]) -> Files:
    lines = list(_lines(events))
    times = [moment for moment in map(_time, lines) if moment is not None]
    received = max(times, default=1_767_268_800_000)  # 2026-01-01T12:00Z, of events that tell no time
    start, end = min(times, default=received) - MARGIN_MS, received + MARGIN_MS
    case = Case.model_validate({"name": "all events", "from": _iso(start), "to": _iso(end)})
    expected = Expected(received=_iso(received), time_field="", source_category=CATEGORY, cases=[case])
    files = {**package.files, "tests/events.ndjson": "".join(f"{line}\n" for line in lines).encode()}
    made = expected.model_copy(update={"cases": [recorded(read_package(files), expected)]})
    note = "# Answers that Dohyo gave when the package was made: look at them once, then keep them.\n"
    shown = made.model_dump(by_alias=True, exclude_defaults=False)
    return {
        "tests/events.ndjson": files["tests/events.ndjson"],
        "tests/expected.yaml": note.encode() + _yaml(shown),
    }


def _lines(events: Sequence[Path]) -> Iterator[str]:
    """Messages of the files, each on one line; text over several lines is none that a test can hold."""
    left = MOST_EVENTS
    for path in events:
        contents = look_at(path)
        with path.open("rb") as file:
            for record in records_of(file, contents):
                if left and isinstance(record, Record) and (line := _one_line(record.text)):
                    left -= 1
                    yield line


def _one_line(text: str) -> str:
    if "\n" not in text:
        return text.strip()
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return ""


def _time(line: str) -> int | None:
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    return record_time(record, line)


def _iso(moment_ms: int) -> str:
    return datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat(timespec="milliseconds")


def _yaml(value: Any) -> bytes:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=110).encode()
