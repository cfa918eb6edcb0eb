"""csv and split: fields from the places of a separated text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dohyo.lang import tree
from dohyo.lang.reader import Reader
from dohyo.lang.tokens import NUMBER
from dohyo.ops.context import CheckContext, refuse_fixed, refuse_twice
from dohyo.ops.expressions import applied, coerced, field_value
from dohyo.ops.operator import Help, Operator
from dohyo.plan.expr import Lit
from dohyo.plan.nodes import Extend, Plan
from dohyo.plan.schema import Field
from dohyo.plan.types import TEXT

MOST_PLACES = 1_000


@dataclass(frozen=True)
class SeparatedClause:
    """`characters`: separator, quote, escape. `slots`: places from 1, each with the field it fills."""

    source: tree.FieldRef
    characters: str
    slots: tuple[tuple[int, tree.FieldRef], ...]


def _reading(operator: str, options: tuple[str, ...]) -> Callable[[Reader], SeparatedClause]:
    def read(reader: Reader) -> SeparatedClause:
        reader.option("field")  # `csv field=_raw` means `csv _raw`
        if reader.peek().word == "extract" and reader.peek(1).word not in ("extract", *options):
            hint = f"{operator} _raw extract 1 as a, 3 as b"
            message = f"{operator} needs the field that it cuts"
            reader.fail("field-expected", message, reader.peek().span, (hint,))
        source = reader.field()
        characters = {"delim": ",", "quote": '"', "escape": "\\"}
        first = reader.peek()
        while not reader.word("extract"):
            name = next((name for name in characters if reader.option(name)), None)
            if name is None:
                hint = f"{operator} {source.name} extract 1 as a, 3 as b"
                reader.fail("word-expected", f"{operator} needs extract and its places", hints=(hint,))
            if name not in options:
                hint = f"split {source.name} delim='|' extract 1 as a"
                message = f"{operator} is always separated by commas"
                reader.fail("option-place", message, reader.last_span(), (hint,))
            characters[name] = reader.char().value
            reader.punct(",")
        if len(set(characters.values())) < len(characters):
            message = "separator, quote and escape have to be different characters"
            reader.fail("character-twice", message, reader.span_from(first))
        return SeparatedClause(source, "".join(characters.values()), _read_slots(reader))

    return read


def _read_slots(reader: Reader) -> tuple[tuple[int, tree.FieldRef], ...]:
    """`a, _, b` names places one after the other, `3 as c` any."""
    slots = []
    place = 0
    while True:
        if reader.peek().kind == NUMBER:
            place = int(reader.integer(1, MOST_PLACES).value)
            reader.expect_word("as")
        else:
            place += 1
        field = reader.field()
        if field.name != "_":
            slots.append((place, field))
        if not reader.punct(","):
            return tuple(slots)


def to_plan(clause: SeparatedClause, plan: Plan, context: CheckContext) -> Plan:
    fields = [field for _, field in clause.slots]
    refuse_twice(fields)
    refuse_fixed(fields, plan.schema)
    source = coerced(field_value(clause.source, plan.schema), TEXT)
    characters = Lit(clause.characters, TEXT)
    values = tuple(
        (field.name, applied("separated_value", [source, characters, Lit(str(place), TEXT)]))
        for place, field in clause.slots
    )
    return Extend(plan, values, plan.schema.with_fields(Field(name, TEXT) for name, _ in values))


_PLACES = ("extract", "places counted from 1 with their names, or names in order, _ for one to skip")
_QUOTE = ("quote", "the character around values that hold separators; a double quote unless told otherwise")
_ESCAPE = ("escape", "the character that makes the next one plain; a backslash unless told otherwise")
CSV = Operator(
    names=("csv",),
    syntax="csv <field> [escape='<character>'] [quote='<character>'] extract <place>[, ...]",
    parse=_reading("csv", ("quote", "escape")),
    check=to_plan,
    help=Help(
        "Fields from the places of comma-separated text. A place that is missing gives null.",
        (_PLACES, _QUOTE, _ESCAPE),
        see=("split", "parse"),
        example="* | csv _raw extract 1 as time, 3 as user",
    ),
)
SPLIT = Operator(
    names=("split",),
    syntax="split <field> [delim='<character>'] [escape='<character>'] [quote='<character>']"
    " extract <place>[, ...]",
    parse=_reading("split", ("delim", "quote", "escape")),
    check=to_plan,
    help=Help(
        "Fields from the places of text that a character separates. A place that is missing gives null.",
        (_PLACES, ("delim", "the separator; a comma unless told otherwise"), _QUOTE, _ESCAPE),
        see=("csv", "parse"),
        example="* | split _raw delim=':' extract 1 as user, 2 as host",
    ),
)
