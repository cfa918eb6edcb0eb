"""Filters of classic dashboards as variables: what is typed into one narrows the queries of its panels.

A filter names a field and the panels it is for. Their messages are narrowed after the last step that still
has them with that field, before they are grouped; a field that only the grouping makes is looked at after it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dohyo.base.problem import ProblemError, Span
from dohyo.compile import CompileContext, places_of_steps
from dohyo.functions.table import RunContext
from dohyo.lang.words import escaped
from dohyo.plan.schema import Schema
from dohyo.search.variables import fill_in

_NO_NAME = re.compile(r"\W", re.ASCII)


@dataclass(frozen=True)
class ClassicFilter:
    """A filter with the name of the variable it becomes. `panels`: their ids."""

    field: str
    label: str
    default: str
    variable: str
    panels: frozenset[str]

    @property
    def condition(self) -> str:
        """As published apps write it: everything passes, also what lacks the field, until a value is chosen.

        >>> print(ClassicFilter("user.name", "", "*", "user_name", frozenset()).condition)
        if("{{user_name}}" = "*", true, %"user.name" matches "{{user_name}}")
        """
        place = f'"{{{{{self.variable}}}}}"'
        return f'if({place} = "*", true, %"{escaped(self.field)}" matches {place})'


def classic_filters(given: Sequence[Mapping[str, Any]], taken: Sequence[str]) -> list[ClassicFilter]:
    """The filters that have a field; their variables have none of the `taken` names."""
    names = {name.lower() for name in taken}
    found: list[ClassicFilter] = []
    for one in given:
        field = str(one.get("fieldName") or "")
        if not field:
            continue
        variable = _NO_NAME.sub("_", field)
        while variable.lower() in names:
            variable += "_filter"
        names.add(variable.lower())
        ids = one.get("panelIds")
        panels = frozenset(map(str, ids)) if isinstance(ids, list) else frozenset()
        label, default = str(one.get("label") or field), str(one.get("defaultValue") or "*")
        found.append(ClassicFilter(field, label, default, variable, panels))
    return found


@lru_cache(maxsize=500)
def narrowed(text: str, filters: tuple[ClassicFilter, ...], others: tuple[str, ...]) -> str | None:
    """The query with the conditions of the filters in it; None where it cannot be read.

    `others`: names of the variables that the query itself may hold.
    """
    try:
        filled = fill_in(text, dict.fromkeys(others, "*"))
        places = places_of_steps(filled.text, CompileContext(RunContext(0, 0, 0)))
    except ProblemError:
        return None
    before_steps: list[tuple[int, str]] = []
    for one in filters:
        at = _place(places, one.field)
        if at is None:
            text = f"{text}\n| where {one.condition}"
        else:
            before_steps.append((filled.place(Span(at, at)).start, one.condition))
    for start, condition in sorted(reversed(before_steps), key=lambda one: one[0], reverse=True):
        text = f"{text[:start]}where {condition}\n| {text[start:]}"
    return text


def _place(places: Sequence[tuple[int | None, Schema]], field: str) -> int | None:
    """Where the condition stands: before the step that begins there, None for the end."""
    of_messages = [one for one in places if not one[1].aggregate]
    grouped = [one for one in places if one[1].aggregate]
    known = [one for part in (grouped, of_messages) for one in part if one[1].find(field)]
    return (known or [one for one in of_messages if one[1].open])[-1][0]
