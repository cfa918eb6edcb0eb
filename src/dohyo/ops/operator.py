"""What an operator is: one value per file of this folder, found by importing the folder."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal


@dataclass(frozen=True)
class Help:
    """The manual entry: one sentence, parameters with their meaning, related operators, a query that runs."""

    summary: str
    params: tuple[tuple[str, str], ...] = ()
    see: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True)
class Traits:
    """Promises about an operator; tests check each of them.

    `order`: `keeps`, `sets` or `loses` the row order, or `needs` it (its answer depends on it).
    `split`: how it divides over nodes: `map` (row by row), `partial` (mergeable), `gather` (needs all rows).
    """

    order: Literal["keeps", "sets", "loses", "needs"] = "keeps"
    split: Literal["map", "partial", "gather"] = "map"
    live_tail: bool = True


@dataclass(frozen=True, eq=False)
class Operator:
    """One operator of the language.

    - `names`: the operator's name first, then its synonyms; several words allowed (`parse regex`).
    - `stage`: `any`, or `after grouping` where a group-by must stand before it.
    - `parse(reader)`: tokens after the name -> the operator's own clause dataclass; its own complaints.
    - `check(clause, plan, context)`: clause on top of the plan so far -> the new plan; owns all meaning and
      type errors.
    - `rows`: reference implementation of the plan node it adds, where that node is its own; operators that
      lower to shared nodes (filter, extend, aggregate, sort ...) have none.
    - `also_functions`: names that scalar functions have too: what is no clause of the operator is a call.
    - `takes_path`: a `/` after its name opens a path and does not divide.
    """

    names: tuple[str, ...]
    syntax: str
    parse: Callable[..., Any]
    check: Callable[..., Any]
    help: Help
    traits: Traits = field(default_factory=Traits)
    stage: Literal["any", "after grouping"] = "any"
    rows: Callable[..., Any] | None = None
    also_functions: tuple[str, ...] = ()
    takes_path: bool = False

    @property
    def name(self) -> str:
        return self.names[0]


@cache
def operators() -> dict[str, Operator]:
    """Every operator by each of its names, lower case. A module of this folder offers its operators as module
    values.
    """
    package = importlib.import_module("dohyo.ops")
    found: dict[str, Operator] = {}
    for module_info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"dohyo.ops.{module_info.name}")
        for value in vars(module).values():
            if isinstance(value, Operator) and found.get(value.names[0]) is not value:
                for name in value.names:
                    if name in found:
                        raise ValueError(f"operator {name} is declared twice")
                    found[name] = value
    return found
