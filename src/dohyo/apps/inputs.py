"""What installing asks for: the inputs of a package, given, kept from before, or by default."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from dohyo.apps.manifest import Config
from dohyo.apps.refusals import AppRefused
from dohyo.base.problem import Problem

DEFAULT_KEY = "_sourceCategory"
KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,254}")
MOST_VALUE_CHARACTERS = 1024
CODE = "apps:wrong_parameters"


def resolved_inputs(
    config: Config, given: Mapping[str, str], before: Mapping[str, str], category: str | None = None
) -> dict[str, str]:
    """A value for every input of the package.

    `before` are the values of the installed version; `category` is that of a source made along with the app,
    the default of a scope over `_sourceCategory`. AppRefused 400 with a problem for each wrong one.
    """
    problems = [_unknown(name, config.inputs) for name in given if name not in config.inputs]
    found: dict[str, str] = {}
    for scope in config.parameters:
        key = given.get(scope.keyTfVar) or before.get(scope.keyTfVar) or DEFAULT_KEY
        value = given.get(scope.defaultValueTfVar) or before.get(scope.defaultValueTfVar)
        if not value and key.lower() == DEFAULT_KEY.lower():
            value = category
        found |= {scope.keyTfVar: key, scope.defaultValueTfVar: value or ""}
        if not KEY.fullmatch(key):
            hint = "letters, digits, _, . and - make one, such as _sourceCategory"
            problems.append(
                Problem(CODE, f'{scope.keyTfVar}: "{key[:100]}" is no name of a field', hints=(hint,))
            )
        problems += _value_problems(scope.defaultValueTfVar, value or "", scope.label)
    if problems:
        refused = AppRefused(400, CODE, problems[0].message, *problems[0].hints)
        refused.problems = problems
        raise refused
    return found


def _unknown(name: str, known: list[str]) -> Problem:
    near = difflib.get_close_matches(name, known, 1)
    hint = f"the parameter is named {near[0]}" if near else f"parameters are {', '.join(known)}"
    return Problem(CODE, f"{name}: the app has no such parameter", hints=(hint,) if known else ())


def _value_problems(name: str, value: str, label: str) -> list[Problem]:
    if not value.strip():
        hint = "such as the source category that the data has"
        return [Problem(CODE, f"{name}: a value is needed for {label}", hints=(hint,))]
    if len(value) > MOST_VALUE_CHARACTERS or not value.isprintable() or "{{" in value or "}}" in value:
        message = (
            f"{name}: a value has at most {MOST_VALUE_CHARACTERS:,} visible characters and no double braces"
        )
        return [Problem(CODE, message)]
    return []
