"""The row of the function table, and the lookup that everything else uses."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final, Literal

import sqlglot.expressions as exp

from dohyo.base.problem import Problem
from dohyo.plan.expr import Scalar
from dohyo.plan.types import Type

ANY: Final = "any"  # the argument is taken with the type it has
NUMBER: Final = "number"  # coerced to DOUBLE unless it is a LONG already
SAME: Final = "same"  # all arguments marked so get one common type: numbers meet numbers, else text
ArgType = Type | Literal["any", "number", "same"]
Nulls = Literal["null", "false", "handles"]


@dataclass(frozen=True)
class RunContext:
    """What a function may read of the run: epoch milliseconds and an IANA zone.

    `shift_ms`: how far this range lies before the one of the search, where a comparison runs it again.
    `warn` takes what people should know of the rows, such as columns left out. `save` writes rows into the
    lookup table at an address, in the place of its rows or (true) beside them; None where nobody may.
    `auto_parse`: JSON fields of messages are there without an operator. `by_receipt`: the range is one of
    times of receipt. `bounded`: rows in memory are a user's, so that no pattern may take for ever.
    `audited`: the audit index may be read.
    """

    now_ms: int
    start_ms: int
    end_ms: int
    zone: str = "UTC"
    shift_ms: int = 0
    warn: Callable[[Problem], None] = field(default=lambda problem: None, compare=False)
    save: Callable[[str, list[dict[str, Scalar]], bool], None] | None = field(default=None, compare=False)
    auto_parse: bool = False
    by_receipt: bool = False
    bounded: bool = False
    audited: bool = False

    def earlier(self, by_ms: int) -> RunContext:
        """The run for a comparison with so much earlier messages."""
        start_ms, end_ms = self.start_ms - by_ms, self.end_ms - by_ms
        return replace(self, start_ms=start_ms, end_ms=end_ms, shift_ms=self.shift_ms + by_ms)


@dataclass(frozen=True, eq=False)
class Function:
    """One scalar function.

    - `args`: types of the arguments; with `optional` trailing ones that may be left out; `variadic` repeats
      the last.
    - `result`: the type, or a callable from the checked argument types to it.
    - `nulls`: `null` (any null argument gives null), `false` (gives false), `handles` (the implementations
      see nulls). The SQL printer and the oracle apply the first two; implementations need not.
    - `sql(*args)` gets sqlglot nodes, returns one (with `needs_context`, the RunContext first). Must never
      raise at run time.
    - `rows(*args)` gets Python values (with `needs_context`, the RunContext first) and returns one.
    - `bounded(*args)`: what runs in the place of `rows` where the time of that depends on a pattern; else
      None. The reference interpreter of the tests keeps to `rows`, which owes nothing to the engine's RE2.
    - `keep(...)`: for the functions that drop rows on bad input (isPrivateIP ...): name of a boolean function
      that says which rows stay; else None.
    - `literal`: positions of arguments that must be literals (patterns, digits); `extra["choices"]` gives for
      some of them the texts they may be, in any case.
    - `hidden`: operators of the language and coercions: not offered as a call.
    """

    name: str
    args: tuple[ArgType, ...]
    result: Type | Callable[[Sequence[Type]], Type]
    sql: Callable[..., exp.Expression]
    rows: Callable[..., Scalar]
    bounded: Callable[..., Scalar] | None = None
    nulls: Nulls = "null"
    optional: int = 0
    variadic: bool = False
    literal: tuple[int, ...] = ()
    needs_context: bool = False
    keep: str | None = None
    aliases: tuple[str, ...] = ()
    hidden: bool = False
    help: str = ""
    example: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


_ROWS: dict[str, Function] = {}


def fn(name: str, args: Sequence[ArgType], result: Any, **row: Any) -> Function:
    """Declare one function; called at import by the files of this folder. Refuses a name used twice."""
    function = Function(name, tuple(args), result, **row)
    for spelling in (name, *function.aliases):
        if spelling.lower() in _ROWS:
            raise ValueError(f"function {spelling} is declared twice")
        _ROWS[spelling.lower()] = function
    return function


@cache
def _load() -> None:
    package = importlib.import_module("dohyo.functions")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"dohyo.functions.{module.name}")


def function_named(name: str) -> Function | None:
    """The function of this name or alias, in any case; None if there is none."""
    _load()
    return _ROWS.get(name.lower())


def all_functions() -> list[Function]:
    """Every row once, by name."""
    _load()
    return sorted(set(_ROWS.values()), key=lambda f: f.name.lower())
