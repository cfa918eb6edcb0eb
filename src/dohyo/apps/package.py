"""A package: an app in one version, read from its files and checked whole.

manifest.yaml     who and what it is          README.md, CHANGELOG.md
collection.yaml   source types to set up      assets/          images
config.yaml       what installing asks for    tests/           events.ndjson and expected.yaml
hot-fields.yaml   extractions kept ready      resources/       *.json, and *.csv with rows of lookup tables
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from dohyo import __version__
from dohyo.apps.archive import Files, files_of_folder, files_of_zip
from dohyo.apps.faults import SCHEMA, PackageRefused, fault, schema_faults
from dohyo.apps.manifest import Collection, Config, Expected, HotFields, Manifest, version_key
from dohyo.apps.yaml_file import YamlWrong, read_yaml
from dohyo.base.problem import Problem, ProblemError
from dohyo.content.definitions import Draft, read_definition
from dohyo.content.places import VARIABLE_NAME, VARIABLE_NAME_INPUT, fill, places
from dohyo.content.tables import rows_of_csv, table_of

Model = TypeVar("Model", bound=BaseModel)
REQUIRED = ("manifest.yaml", "README.md", "CHANGELOG.md")
OTHERS = ("collection.yaml", "config.yaml", "hot-fields.yaml", "tests/events.ndjson", "tests/expected.yaml")
RESOURCE = re.compile(r"resources/[^/]+\.(json|csv)")
ASSET = re.compile(r"assets/.+\.(svg|png|jpe?g|gif|webp)")
ICONS = ("assets/images/icon.svg", "assets/images/icon.png")
# Values that stand in for the inputs while a package is checked.
SAMPLE_KEY, SAMPLE_VALUE = "_sourceCategory", "sample/category"


@dataclass(frozen=True)
class Resource:
    """One file of `resources/`: a published definition, with rows where it is a lookup table."""

    path: str
    definition: dict[str, Any]
    rows: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Package:
    """An app in one version. Every problem was found when it was read."""

    manifest: Manifest
    collection: Collection
    config: Config
    hot_fields: HotFields | None
    resources: tuple[Resource, ...]
    expected: Expected | None
    files: Files = field(repr=False)

    @property
    def uuid(self) -> str:
        return self.manifest.uuid

    @property
    def version(self) -> str:
        return self.manifest.version

    @cached_property
    def digest(self) -> str:
        """SHA-256 over all files; tells whether two packages are the same."""
        whole = hashlib.sha256()
        for name in sorted(self.files):
            whole.update(f"{name}\0{len(self.files[name])}\0".encode() + self.files[name])
        return whole.hexdigest()

    @property
    def icon(self) -> str | None:
        return next((path for path in ICONS if path in self.files), None)

    def text(self, path: str) -> str:
        return self.files[path].decode() if path in self.files else ""

    def drafts(self, inputs: Mapping[str, str]) -> list[Draft]:
        """The content of the app with its inputs filled in. ContentRefused where a value does not fit."""
        return [_draft(resource, inputs, self.manifest.asPublished) for resource in self.resources]


def _draft(resource: Resource, inputs: Mapping[str, str], as_published: bool) -> Draft:
    named = {VARIABLE_NAME_INPUT: VARIABLE_NAME, **inputs}
    draft = read_definition(fill(resource.definition, named), [] if as_published else None)
    return Draft(
        draft.item_type, draft.name, draft.description, draft.document, draft.children, resource.rows
    )


def package_at(path: Path) -> Package:
    """The package in a folder or a .zip. PackageRefused with every problem."""
    return read_package(files_of_zip(path.read_bytes()) if path.is_file() else files_of_folder(path))


def read_package(files: Files) -> Package:
    """The package made of these files. PackageRefused with every problem, each with its file and line."""
    reader = _Reader(files)
    package = reader.package()
    if reader.problems or package is None:
        raise PackageRefused(reader.problems)
    return package


class _Reader:
    """Reads one package and gathers what is wrong with it."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.problems: list[Problem] = []
        self.inputs_known = True
        self.as_published = False

    def wrong(self, file: str, line: int | None, message: str, *hints: str) -> None:
        self.problems.append(fault(SCHEMA, file, line, message, *hints))

    def package(self) -> Package | None:
        if self._too_new():
            return None  # what else is new in it is no mistake
        self._check_names()
        manifest = self._model("manifest.yaml", Manifest)
        self.as_published = manifest is not None and manifest.asPublished
        collection = self._model("collection.yaml", Collection) or Collection()
        config = self._model("config.yaml", Config)
        # Without its inputs every place of a resource would be one problem more.
        self.inputs_known = config is not None or "config.yaml" not in self.files
        config = config or Config()
        hot_fields = self._model("hot-fields.yaml", HotFields)
        expected = self._model("tests/expected.yaml", Expected)
        resources = tuple(self._resources(config))
        if manifest is None:
            return None
        self._check_manifest(manifest)
        if expected and "tests/events.ndjson" not in self.files:
            self.wrong("tests/events.ndjson", None, "the expected answers have no events")
        return Package(manifest, collection, config, hot_fields, resources, expected, self.files)

    def _too_new(self) -> bool:
        """Whether the manifest names a newer Dohyo, whatever else is in it."""
        try:
            source = read_yaml(self.files.get("manifest.yaml", b"").decode())
            needed = source.value["requires"]["dohyo"]
            is_newer = version_key(needed) > version_key(__version__)
        except (YamlWrong, UnicodeDecodeError, KeyError, TypeError, ValueError, AttributeError):
            return False  # told where the manifest is read
        if is_newer:
            message = f"the app needs Dohyo {needed} or newer; this is {__version__}"
            line = source.line(("requires", "dohyo"))
            self.problems.append(fault("package-too-new", "manifest.yaml", line, message))
        return is_newer

    def _check_names(self) -> None:
        for name in REQUIRED:
            if name not in self.files:
                self.wrong(name, None, "the file is missing")
        for name in self.files:
            known = name in REQUIRED or name in OTHERS or RESOURCE.fullmatch(name) or ASSET.fullmatch(name)
            if not known:
                self.wrong(
                    name, None, "a package has no such file", "images go to assets/, content to resources/"
                )
        for name in ("README.md", "CHANGELOG.md"):
            self._decoded(name)

    def _decoded(self, name: str) -> str | None:
        try:
            return self.files[name].decode() if name in self.files else None
        except UnicodeDecodeError as error:
            self.wrong(name, self.files[name][: error.start].count(b"\n") + 1, "the text is not UTF-8")
            return None

    def _model(self, name: str, model: type[Model]) -> Model | None:
        text = self._decoded(name)
        if text is None:
            return None
        try:
            source = read_yaml(text)
        except YamlWrong as error:
            self.wrong(name, error.line, str(error))
            return None
        try:
            return model.model_validate(source.value)
        except ValidationError as error:
            self.problems += schema_faults(error, name, source)
            return None

    def _check_manifest(self, manifest: Manifest) -> None:
        for media in manifest.appMedia:
            if media.location.removeprefix("./") not in self.files:
                self.wrong("manifest.yaml", None, f"the image {media.location} is missing")

    # Resources

    def _resources(self, config: Config) -> Iterator[Resource]:
        names: dict[str, str] = {}
        inputs = {name: SAMPLE_KEY if name.endswith("key") else SAMPLE_VALUE for name in config.inputs}
        inputs |= {scope.keyTfVar: SAMPLE_KEY for scope in config.parameters}
        for path in sorted(self.files):
            if not path.startswith("resources/") or not path.endswith(".json"):
                continue
            resource = self._resource(path, inputs)
            if resource is None:
                continue
            name = resource.definition["name"]
            if name in names:
                self.wrong(path, None, f'the name "{name}" is that of {names[name]} too')
            names[name] = path
            yield resource
        for path in self.files:
            if path.endswith(".csv") and path.removesuffix(".csv") + ".json" not in self.files:
                self.wrong(
                    path,
                    None,
                    "the rows belong to no lookup table",
                    "its definition has the same name, .json",
                )

    def _resource(self, path: str, inputs: Mapping[str, str]) -> Resource | None:
        text = self._decoded(path)
        if text is None:
            return None
        try:
            definition = json.loads(text)
            draft = _draft(Resource(path, definition), inputs, self.as_published)
            rows = self._rows(path, draft)
        except json.JSONDecodeError as error:
            self.wrong(path, error.lineno, f"the file is no JSON: {error.msg}")
            return None
        except RecursionError:
            self.wrong(path, None, "the JSON is nested too deep")
            return None
        except ProblemError as error:
            line = _line_finder(text)
            for problem in error.problems:
                self.wrong(path, line(problem.message), problem.message, *problem.hints)
            return None
        if self.inputs_known and not self.as_published:
            self._check_places(path, text, definition, inputs)
        return Resource(path, definition, tuple(rows))

    def _rows(self, path: str, draft: Draft) -> list[dict[str, Any]]:
        content = self.files.get(path.removesuffix(".json") + ".csv")
        if content is None:
            return []
        if draft.item_type == "Lookups":
            return rows_of_csv(table_of(draft.document), content)
        self.wrong(path, None, "rows stand beside a definition that is no lookup table")
        return []

    def _check_places(self, path: str, text: str, definition: Any, inputs: Mapping[str, str]) -> None:
        """Every `{{name}}` in a query is an input of the package, or a variable or parameter of the
        definition.
        """
        known = {name.lower() for name in (*inputs, VARIABLE_NAME_INPUT, *_own_names(definition))}
        for name in sorted({place for place in places(definition) if place.lower() not in known}):
            line = text[: max(text.find("{{" + name), 0)].count("\n") + 1
            self.wrong(path, line, f"{{{{{name}}}}} is neither an input of the package nor a variable")


def _own_names(definition: Any) -> Iterator[str]:
    if isinstance(definition, dict):
        for key in ("variables", "queryParameters"):
            yield from (str(one.get("name")) for one in definition.get(key) or () if isinstance(one, dict))
        for child in (definition.get("search"), *(definition.get("children") or ())):
            yield from _own_names(child)


def _line_finder(text: str) -> Callable[[str], int | None]:
    """Finds the line of a place that a message begins with, such as `panels.3.title: ...`."""
    try:
        source = read_yaml(text)  # JSON is YAML, and only YAML is read with lines here
    except YamlWrong:
        return lambda message: None
    place = re.compile(r"[\w-]+(\.[\w-]+)*(?=: )")

    def line(message: str) -> int | None:
        match = place.match(message)
        parts = match[0].split(".") if match else []
        return source.line(tuple(int(part) if part.isdigit() else part for part in parts))

    return line
