"""Rows in the making: a select to which values and conditions can still be added."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlglot.expressions as exp

from dohyo.base.problem import Problem, ProblemError
from dohyo.plan.sqltree import Sql, alias, column, select, within

MOST_SIZE = 400
"""Parts of a value with those that it refers to in their places, as the engine reads it."""
MOST_NESTED = 40
"""Selects in each other; the engine takes 100, and printing them needs Python's stack."""
EVERY_ROW = 2**63 - 1
MOST_TOTAL = 20_000
"""Parts of all values of one select."""
_OTHER_CHARACTER = re.compile(r"[^A-Za-z0-9_]")
Order = tuple[tuple[str, bool], ...]


def column_name(field_name: str) -> str:
    """The SQL name of a field: different fields have different names, made of harmless characters only.

    >>> column_name("alert_id"), column_name("o.k")
    ('alert_id', 'o$2e$k')
    """
    return _OTHER_CHARACTER.sub(lambda found: f"${ord(found[0]):x}$", field_name)


@dataclass(frozen=True)
class Value:
    """An expression over a relation. `size`: its parts with those of all values that it refers to. `key` is
    the same for the same value. `sure`: it is never null.
    """

    sql: Sql
    size: int
    key: Hashable
    sure: bool = False


class Relation:
    """A select that is not closed yet.

    Each value has a name that no other of the statement has, so values of one select may refer to each other
    and none hides another. `fields` gives the value of each field by its name in lower case. `order` are
    values with their direction (ascending or not); together they put the rows into one order, without ties.

    The engine puts values in the place of their names. Where that would become too large, and where rows have
    to be there first (a limit, a window), the select is closed and another one begins around it.
    """

    def __init__(
        self, source: Sql, names: Iterator[int], columns: Iterable[str] = (), where: Iterable[Sql] = ()
    ) -> None:
        """`columns` are values that the source gives by these names."""
        self.names = names
        self.fields: dict[str, str] = {}
        self.order: Order = ()
        self._source = source
        self._columns = dict.fromkeys(columns)
        self._where = list(where)
        self._joins: list[Sql] = []
        self._values: dict[str, Value] = {}
        self._known: dict[Hashable, str] = {}
        self._sure: set[str] = set()
        self._total = 0
        self._depth = 0

    # Values

    def field(self, name: str) -> Sql:
        """The value of a field."""
        return column(self.fields[name.lower()])

    def value(self, name: str) -> Value:
        """The value of this name, as another one refers to it."""
        made = self._values.get(name)
        return Value(column(name), made.size if made else 1, name, name in self._sure)

    def known(self, key: Hashable) -> Value | None:
        """The value of this key, if it has a name."""
        name = self._known.get(key)
        return None if name is None else self.value(name)

    def define(self, value: Value, hint: str = "") -> str:
        """The name of the value, a new one if it has none; the hint is for readers."""
        if isinstance(value.sql, exp.Column):
            return value.sql.name
        if self._total + value.size > MOST_TOTAL:
            self.begin_anew(apart=True)
        name = self.new_name(hint)
        self._values[name] = value
        self._known[value.key] = name
        if value.sure:
            self._sure.add(name)
        self._total += value.size
        return name

    def new_name(self, hint: str) -> str:
        """A name of no other value, and of no field, because of its equals sign."""
        return f"{column_name(hint)[:40]}={next(self.names)}"

    def set_fields(self, names: Iterable[str], made: Mapping[str, str]) -> None:
        """The fields from now on: values that were made for them, else what they were."""
        made = {name.lower(): value for name, value in made.items()}
        wanted = [name.lower() for name in names]
        self.fields = {name: made[name] if name in made else self.fields[name] for name in wanted}

    # The select

    def filter(self, condition: Sql) -> None:
        self._where.append(condition)

    def ordering(self) -> list[exp.Ordered]:
        return [
            exp.Ordered(this=column(name), desc=not ascending, nulls_first=False)
            for name, ascending in self.order
        ]

    def select(self, columns: Sequence[Sql], **parts: Any) -> exp.Select:
        """The select with these columns beside its values; `parts` as `sqltree.select` takes them."""
        made = [alias(value.sql, name) for name, value in self._values.items()]
        whole = select([*made, *columns], self._source, where=self._where, **parts)
        if self._joins:
            whole.set("joins", self._joins)
        return whole

    def close(self, **parts: Any) -> None:
        """Begin a select around this one in which fields and order are plain columns; the rest is gone."""
        wanted = [*self.fields.values(), *(name for name, _ in self.order)]
        self._around(list(dict.fromkeys(wanted)), parts)

    def begin_anew(self, *, apart: bool = False) -> None:
        """Begin a select around this one in which every value is a plain column.

        `apart`: also to the engine's planner, which else puts values in the place of their names again and
        takes seconds to look through what comes of it; a limit that no table reaches keeps the two apart.
        """
        self._around([*self._columns, *self._values], {"limit": EVERY_ROW} if apart else {})

    def _around(self, names: list[str], parts: dict[str, Any]) -> None:
        is_closed = isinstance(self._source, exp.Subquery)
        if is_closed and not (self._values or self._where or self._joins or parts):
            return
        self._depth += 1
        if self._depth > MOST_NESTED:
            message = "the operators of this query do not fit into one statement of the engine"
            hint = "it has too many limits, groupings or changes of one field in a row"
            raise ProblemError([Problem("too-many-steps", message, hints=(hint,))])
        passed = [column(name) for name in names if name not in self._values]
        self._source = within(self.select(passed, **parts), "t")
        self._columns = dict.fromkeys([*names, *self._values])
        self._known = {key: name for key, name in self._known.items() if name in self._columns}
        self._where, self._joins, self._values, self._total = [], [], {}, 0

    def depth_after(self, inner: Relation) -> None:
        """Count the selects of the relation that this one stands around."""
        self._depth = inner._depth + 1

    def columns(self) -> list[str]:
        """Names of what a relation that was just closed gives."""
        return list(self._columns)

    def as_source(self, name: str) -> Sql:
        """A relation that was just closed, as a source of this name."""
        assert isinstance(self._source, exp.Subquery) and not self._values and not self._where
        return within(self._source.this, name)

    def join(self, right: Sql, columns: Iterable[str], kind: dict[str, str], on: Sequence[Sql]) -> None:
        """Put another source beside the rows, which are closed."""
        assert not self._values and not self._where and not self._joins
        condition = on[0] if len(on) == 1 else exp.and_(*on)
        self._joins = [exp.Join(this=right, on=condition, **kind)]
        self._columns |= dict.fromkeys(columns)
