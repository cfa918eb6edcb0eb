"""What is wrong with a package, file by file."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from dohyo.apps.yaml_file import YamlFile
from dohyo.base.problem import Problem, ProblemError
from dohyo.base.wording import words_of

SCHEMA = "package-schema"


class PackageRefused(ProblemError):
    """A package that cannot be used, with everything that is wrong with it. Nothing of it was kept."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(list(problems))


def fault(code: str, file: str, line: int | None, message: str, *hints: str) -> Problem:
    """A problem in a file of a package: `manifest.yaml, line 4: ...`."""
    place = f"{file}, line {line}" if line else file
    return Problem(code, f"{place}: {message}" if place else message, hints=hints)


def schema_faults(error: ValidationError, file: str, source: YamlFile) -> list[Problem]:
    """One problem for each wrong place of a YAML file."""
    found = []
    for detail in error.errors():
        place = tuple(part for part in detail["loc"] if isinstance(part, str | int))
        words = words_of(detail)
        name = ".".join(map(str, place))
        found.append(fault(SCHEMA, file, source.line(place), f"{name}: {words}" if name else words))
    return found
