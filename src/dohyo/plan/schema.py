"""The fields known at a point of a plan."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from dohyo.plan.types import LONG, TEXT, TIME, Type


@dataclass(frozen=True)
class Field:
    """A field by the spelling it was declared with. `key` marks a group key; `slice_ms`, `slice_days`
    describe a time slice; `also` are other names, lower case, that it is found by. `timed`: the text holds a
    value of that type with the time of its message, as `withtime` makes it. `constant`: the literal text
    that it was made of.
    """

    name: str
    type: Type
    key: bool = False
    slice_ms: int = 0
    slice_days: int = 0
    also: tuple[str, ...] = ()
    timed: Type | None = None
    constant: str | None = None


@dataclass(frozen=True)
class SortKey:
    name: str
    ascending: bool


MESSAGE_FIELDS = (
    Field("_raw", TEXT),
    Field("_messagetime", TIME),
    Field("_receipttime", TIME),
    Field("_messageid", LONG),
    Field("_sourcecategory", TEXT),
    Field("_collector", TEXT),
    Field("_source", TEXT),
    Field("_sourcehost", TEXT),
    Field("_sourcename", TEXT),
    Field("_size", LONG),
    Field("_view", TEXT),
)
"""What every message has; names as the search API gives them."""

HIDDEN = "_hidden:"
"""Prefix of fields that operators keep for later ones; no result shows them."""

NEWEST_FIRST = (SortKey("_messagetime", False), SortKey("_messageid", False))


@dataclass(frozen=True)
class Discovered:
    """Fields that only the messages name, as `json auto` finds them: the value of each is that of `function`
    for the text of the field `source`, the name and `options`.

    `shown`: results show them; else they are there for later operators. `dropped`: names, lower case, that
    are gone again.
    """

    function: str
    source: str
    options: str
    shown: bool = True
    dropped: frozenset[str] = frozenset()

    def without(self, names: Iterable[str]) -> Discovered:
        return replace(self, dropped=self.dropped | {name.lower() for name in names})


@dataclass(frozen=True)
class Schema:
    """Fields in order, found by name in any case.

    `aggregate`: rows are records of a grouping, not messages. `open`: other names may be custom fields of the
    messages. `order`: what the rows are sorted by; empty means the order of the group keys. `discovered`:
    more fields of the messages; of two with one name the later one counts.
    """

    fields: tuple[Field, ...]
    aggregate: bool = False
    open: bool = False
    order: tuple[SortKey, ...] = field(default=())
    discovered: tuple[Discovered, ...] = ()

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def find(self, name: str) -> Field | None:
        wanted = name.lower()
        found = next((f for f in self.fields if f.name.lower() == wanted), None)
        return found or next((f for f in self.fields if wanted in f.also), None)

    def names(self) -> tuple[str, ...]:
        return tuple(f.name for f in self.fields)

    def near(self, name: str) -> str | None:
        """The field whose name is most like this one, if one is."""
        spelled = {f.name.lower(): f.name for f in self.fields}
        close = difflib.get_close_matches(name.lower(), spelled, n=1, cutoff=0.75)
        return spelled[close[0]] if close else None

    def with_fields(self, added: Iterable[Field]) -> Schema:
        """Fields added at the end; one of the same name is replaced in its place."""
        fields = list(self.fields)
        for new in added:
            at = next((i for i, f in enumerate(fields) if f.name.lower() == new.name.lower()), None)
            if at is None:
                fields.append(new)
            else:
                fields[at] = new
        return replace(self, fields=tuple(fields))

    def only(self, names: Iterable[str]) -> Schema:
        """These fields in this order; sorting by a field that is gone is forgotten only as a name, not as an
        order.
        """
        kept = [f for name in names if (f := self.find(name))]
        return replace(self, fields=tuple(kept))
