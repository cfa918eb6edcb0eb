"""A published app as it is found: an exported file, or a folder or archive with declarative resources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from dohyo.apps.archive import MOST_FILE_BYTES, MOST_FILES, Files, files_of_zip
from dohyo.base.problem import Problem, ProblemError
from dohyo.content.declared import read_declared
from dohyo.content.definitions import is_definition, typed

MOST_DEFINITION_BYTES = 64 * 1024 * 1024
FOLDER = "FolderSyncDefinition"
ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class Published:
    """`definition` holds all content, in a folder where there are several items; `inputs` are what
    declarative resources leave open, with their defaults ("" for none), as places `{{name}}` in the
    definition; `others` is what they declare and is no content.
    """

    definition: Any
    name: str
    about: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()


def read_published(path: Path, given: Mapping[str, str] | None = None) -> Published:
    """The app in a file of JSON, a folder or a .zip; where `given` is not None, inputs of declarative
    resources that it names or that have a default are filled in and only the others are left. ProblemError
    with the place of what is wrong.
    """
    try:
        if path.is_dir():
            return _of_files(_files_below(path), path.resolve().name, given)
        content = _read(path)
    except OSError as error:
        raise ProblemError([Problem("file-unreadable", f"{path}: {error.strerror}")]) from None
    return published_of_bytes(content, path.stem, given, str(path))


def published_of_bytes(
    content: bytes, stem: str, given: Mapping[str, str] | None = None, place: str = ""
) -> Published:
    """The app in the bytes of a .zip or of an exported file."""
    if content.startswith(ZIP):
        return _of_files(files_of_zip(content, sealed=False), stem, given)
    definition = typed(_json(content, place or stem))
    name = definition.get("name") if isinstance(definition, dict) else None
    return Published(definition, str(name or stem))


def _read(path: Path) -> bytes:
    if (size := path.stat().st_size) > MOST_DEFINITION_BYTES:
        message = f"{path}: {size / 2**20:,.0f} MB are more than a definition may have"
        raise ProblemError([Problem("definition-large", message)])
    return path.read_bytes()


def _files_below(folder: Path) -> Files:
    """What an app can be in: its manifest, resources and exports. Hidden files and links are passed over."""
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        wanted = path.suffix in (".tf", ".json", ".yaml", ".yml", ".txt", ".md")
        if wanted and path.is_file() and not path.is_symlink() and not any(p.startswith(".") for p in parts):
            if len(found) >= MOST_FILES:
                raise ProblemError([Problem("definition-large", f"{folder}: more than {MOST_FILES} files")])
            if path.stat().st_size <= MOST_FILE_BYTES or path.suffix == ".json":
                found["/".join(parts)] = _read(path)
    return found


def _of_files(files: Files, name: str, given: Mapping[str, str] | None) -> Published:
    about = _manifest(files)
    name = str(about.get("name") or name)
    texts = {path: content.decode(errors="replace") for path, content in files.items()}
    if any(path.endswith(".tf") for path in texts):
        declared = read_declared(texts)
        if given is not None:
            known = {**{one: default for one, default in declared.inputs.items() if default}, **given}
            left = [one for one in declared.inputs if one not in known]
            declared = replace(read_declared(texts, known), inputs=dict.fromkeys(left, ""))
        definitions, inputs, others = declared.definitions, declared.inputs, tuple(declared.others)
    else:
        definitions, others = _exports(files)
        inputs = {}
    if not definitions:
        message = f"{name}: there is no exported content and no declarative resource in it"
        raise ProblemError([Problem("definition-missing", message)])
    if len(definitions) == 1 and definitions[0].get("type") in (FOLDER, "Folder"):
        return Published(definitions[0], name, about, inputs, others)
    whole = {"type": FOLDER, "name": name, "description": str(about.get("description") or "")}
    return Published({**whole, "children": definitions}, name, about, inputs, others)


def _manifest(files: Files) -> Mapping[str, Any]:
    path = next((one for one in sorted(files, key=len) if one.split("/")[-1] == "manifest.yaml"), None)
    try:
        found = yaml.safe_load(files[path]) if path else None
    except (yaml.YAMLError, RecursionError):
        found = None  # it tells about the app; its content does not depend on it
    return found if isinstance(found, dict) else {}


def _exports(files: Files) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """The files that are exported definitions, and the names of others, such as settings of tools."""
    found: list[dict[str, Any]] = []
    others: list[str] = []
    for path in sorted(files):
        if path.endswith(".json") and not f"/{path}".startswith("/events/"):
            definition = typed(_json(files[path], path))
            if is_definition(definition):
                found.append(definition)
            else:
                others.append(path)
    return found, tuple(others)


def _json(content: bytes, place: str) -> Any:
    try:
        return json.loads(content.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        message = f"{place}:{error.lineno}:{error.colno}: no JSON: {error.msg}"
        raise ProblemError([Problem("definition-json", message)]) from None
    except RecursionError:
        raise ProblemError([Problem("definition-json", f"{place}: the JSON lies too deep")]) from None
    except UnicodeDecodeError:
        raise ProblemError([Problem("definition-json", f"{place}: no JSON text in UTF-8")]) from None
