"""Random pipelines over random messages, as text.

A pipeline is made step by step; `State` knows which fields there are, so that most of what is made compiles.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import strategies as st
from random_messages import VALUE

from dohyo.ops.operator import operators


@dataclass(frozen=True)
class State:
    """`fields` by kind: `text`, `number`, `time`, `truth`; `inexact` ones may differ in their last digits, so
    nothing is decided by them.
    """

    fields: dict[str, str] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    grouped: bool = False
    made: int = 0
    compared: bool = False

    def of(self, *kinds: str) -> list[str]:
        return [name for name, kind in self.fields.items() if kind in kinds]

    def exact(self) -> list[str]:
        return self.of("text", "number", "time", "truth")

    def adding(self, **fields: str) -> State:
        return replace(self, fields=self.fields | fields, made=self.made + len(fields))

    def name(self) -> str:
        return f"f{self.made}"


BEGIN = State({"a": "text", "b": "text", "n": "text", "_sourcecategory": "text", "_sourcehost": "text"})


def literal(draw) -> str:
    value = draw(VALUE).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return draw(st.sampled_from([f'"{value}"', "1", "2.5", "-1", "100", "null", "true"]))


def condition(draw, state: State, depth: int = 0) -> str:
    if depth < 2 and draw(st.integers(0, 3)) == 0:
        left, right = condition(draw, state, depth + 1), condition(draw, state, depth + 1)
        shape = draw(st.sampled_from(["({0}) and ({1})", "({0}) or {1}", "!({0})", "if({0}, {1}, false)"]))
        return shape.format(left, right)
    one, other = draw(st.sampled_from(state.exact())), draw(st.sampled_from(state.exact()))
    shapes = [
        *("{0} = {2}", "{0} != {2}", "{0} > {2}", "{0} <= {2}", "{0} = {1}", "{0} < {1}", "isNull({0})"),
        *("isBlank({0})", "isEmpty({0})", '{0} in ({2}, {2}, "a")', '{0} not in ("a", 1)', "length({0}) > 1"),
        *(
            '{0} matches "*a*"',
            '{0} matches "a?b"',
            "{0} matches /^[a-b]/",
            "{0} matches {1}",
            "contains({0}, {1})",
        ),
        *("isNumeric({0})", "isValidIP({0})", "num({0}) >= num({1})", "{0} matches /(?i)é|\\s/"),
    ]
    return draw(st.sampled_from(shapes)).format(one, other, literal(draw))


def expression(draw, state: State) -> tuple[str, str]:
    """An expression and the kind of its value."""
    one, other = draw(st.sampled_from(state.exact())), draw(st.sampled_from(state.exact()))
    times = state.of("time")
    text, kind = draw(
        st.sampled_from(
            [
                ("{0}", "same"),
                ("num({0})", "number"),
                ("toLong({0})", "number"),
                ("num({0}) + num({1})", "number"),
                ("num({0}) * 2 - 1", "number"),
                ("num({0}) / num({1})", "number"),
                ("num({0}) % 3", "number"),
                ("-num({0})", "number"),
                ("round(num({0}), 1)", "number"),
                ("length({0})", "number"),
                ("max(num({0}), 2)", "number"),
                ('concat({0}, "-", {1})', "text"),
                ("toUpperCase({0})", "text"),
                ("toLowerCase({0})", "text"),
                ("trim({0})", "text"),
                ("substring({0}, 1, 3)", "text"),
                ('replace({0}, /[a-c]+/, "<$0>")', "text"),
                ("toString({0})", "text"),
                ("if({2}, {0}, {1})", "text"),
                ("if({2}, 1, 0)", "number"),
                ("{2}", "truth"),
                ("null", "text"),
                *([('formatDate({3}, "yyyy-MM-dd HH:mm")', "text")] if times else []),
            ]
        )
    )
    time = draw(st.sampled_from(times)) if times else ""
    made = text.format(one, other, condition(draw, state, 1), time)
    if kind == "same" or text.startswith("if({2}, {0}"):
        kinds = {state.fields[one], state.fields[other]} if kind != "same" else {state.fields[one]}
        kind = kinds.pop() if len(kinds) == 1 else "text"
    return made, kind


def names(draw, state: State, most: int = 2) -> list[str]:
    return draw(st.lists(st.sampled_from(state.exact()), min_size=1, max_size=most, unique=True))


def where(draw, state: State):
    return f"where {condition(draw, state)}", state


def assign(draw, state: State):
    text, kind = expression(draw, state)
    free = [name for name in state.exact() if not name.startswith("_")]
    name = draw(st.sampled_from([state.name(), *free]))
    return f"{text} as {name}", state.adding(**{name: kind})


def json(draw, state: State):
    paths = draw(st.lists(st.sampled_from(["id", "k", "arr", "arr[*]", "arr[*].t", "o.k", "arr[0]", "o"]),
                          min_size=1, max_size=3, unique=True))  # fmt: skip
    new = [f"f{state.made + i}" for i in range(len(paths))]
    nodrop = draw(st.sampled_from([" nodrop", " nodrop", ""]))
    listed = ", ".join(f'"{path}"' for path in paths)
    return f"json {listed} as {', '.join(new)}{nodrop}", state.adding(**dict.fromkeys(new, "text"))


def parse(draw, state: State):
    source = draw(st.sampled_from(["", *(f"field={name} " for name in state.of("text"))]))
    name = draw(st.sampled_from([state.name(), "b"]))
    pattern = draw(st.sampled_from(["a=*;", "b=*", "{*}", "=*;*=", "é=*;"]))
    new = [name, f"{state.name()}x"][: pattern.count("*")]
    nodrop = draw(st.sampled_from([" nodrop", ""]))
    return f'parse {source}"{pattern}" as {", ".join(new)}{nodrop}', state.adding(
        **dict.fromkeys(new, "text")
    )


def parse_regex(draw, state: State):
    pattern = draw(
        st.sampled_from(
            [r"(?<{0}>\w)=", r"(?i)(?<{0}>[a-z]+)(?<{0}y>\d)?", r"=(?<{0}>[^;\n]+)", r"(?<{0}>.)$"]
        )
    )
    option = draw(st.sampled_from(["", " nodrop", " multi", " multi nodrop"]))
    name = state.name()
    new = [one for one in (name, f"{name}y") if f"<{one}>" in pattern.replace("{0}", name)]
    return f'parse regex "{pattern.replace("{0}", name)}"{option}', state.adding(**dict.fromkeys(new, "text"))


def timeslice(draw, state: State):
    length = draw(st.sampled_from(["1h", "2h", "90m", "1d", "1w", "7 buckets", ""]))
    return f"timeslice {length}", state.adding(_timeslice="time", _timeslice_end="time")


def fields(draw, state: State):
    chosen = names(draw, state, 3)
    if draw(st.booleans()) and len(chosen) < len(state.fields):
        left = {name: kind for name, kind in state.fields.items() if name not in chosen}
        return f"fields - {', '.join(chosen)}", replace(state, fields=left)
    own = {} if state.grouped else {n: k for n, k in state.fields.items() if n.startswith("_")}
    return f"fields {', '.join(chosen)}", replace(state, fields={n: state.fields[n] for n in chosen} | own)


def sort(draw, state: State):
    keys = [f"{name}{draw(st.sampled_from(['', ' asc', ' desc']))}" for name in names(draw, state)]
    return f"sort by {', '.join(keys)}", state


def limit(draw, state: State):
    return f"limit {draw(st.integers(1, 6))}", state


def group(draw, state: State):
    calls, made = [], {}
    for function, kind in draw(st.lists(st.sampled_from(_AGGREGATES), min_size=1, max_size=3, unique=True)):
        of = draw(st.sampled_from(state.exact()))
        name = f"f{state.made + len(made)}"
        made[name] = state.fields[of] if kind == "same" else kind
        calls.append(f"{function.format(of)} as {name}")
    keys = draw(st.sampled_from([[], names(draw, state), names(draw, state)]))
    by = f" by {', '.join(keys)}" if keys else ""
    grouped = State({k: state.fields[k] for k in keys} | made, tuple(keys), True, state.made + len(made))
    return f"{', '.join(calls)}{by}", grouped


_AGGREGATES = [
    *(
        ("count", "number"),
        ("count({0})", "number"),
        ("count_distinct({0})", "number"),
        ("values({0})", "text"),
    ),
    *(
        ("sum({0})", "inexact"),
        ("avg({0})", "inexact"),
        ("stddev({0})", "inexact"),
        ("pct({0}, 75)", "inexact"),
    ),
    *(("min({0})", "number"), ("max({0})", "number"), ("median({0})", "inexact")),
    *(("first({0})", "same"), ("last({0})", "same")),
]


def top(draw, state: State):
    chosen = names(draw, state)
    by = draw(
        st.sampled_from(
            ["", " by count", f" by max({draw(st.sampled_from(state.exact()))}) as f{state.made}"]
        )
    )
    if " as " in by:
        measure = f"f{state.made}"
    elif by and "count" in state.fields:
        measure = "count"
    else:
        measure = "_count"
    grouped = {name: state.fields[name] for name in chosen} | {measure: "number"}
    return f"top {draw(st.integers(1, 4))} {', '.join(chosen)}{by}", State(
        grouped, tuple(chosen), True, state.made + 1
    )


def topk(draw, state: State):
    by = draw(st.sampled_from(["", f" by {', '.join(names(draw, state))}"]))
    return f"topk({draw(st.integers(1, 3))}, {', '.join(names(draw, state))}){by}", state.adding(
        _rank="number"
    )


def lookup(draw, state: State):
    on = draw(st.sampled_from(["_sourcehost", *state.of("text")]))
    if on not in state.fields:
        return limit(draw, state)
    text = f"lookup country_code as {state.name()}, latitude from geo://location on ip={on}"
    return text, state.adding(**{state.name(): "text", "latitude": "number"})


def transpose(draw, state: State):
    """Columns are named, so that what follows knows them."""
    row, *rest = names(draw, state, 3)
    if not rest or len(state.fields) < 3:
        return sort(draw, state)
    column = rest[0]
    values = [kind for name, kind in state.fields.items() if name not in (row, column)]
    if len(values) > 1:
        return f"transpose row {row} column {column}", replace(
            state, fields={row: state.fields[row]}, keys=(row,), compared=True
        )
    text = f'transpose row {row} column {column} as a, %"2", null{draw(st.sampled_from(["", ", *"]))}'
    made = {row: state.fields[row]} | dict.fromkeys(["a", "null"], values[0])
    return text, replace(state, fields=made, keys=(row,), compared=True)


def fillmissing(draw, state: State):
    of = draw(st.sampled_from(state.exact()))
    generators = [draw(st.sampled_from([f"values all in {of}", f'values("a", "1") in {of}']))]
    if "_timeslice" in state.fields and of != "_timeslice":
        generators.append("timeslice(1h)")
    takelast = draw(st.sampled_from(["", " takelast"])) if len(generators) > 1 else ""
    return f"fillmissing {', '.join(generators)}{takelast}", state


def compare(draw, state: State):
    if state.compared or not set(state.keys) <= set(state.fields):
        return limit(draw, state)
    shift = draw(st.sampled_from(["1h", "1h 2", "2h 2 avg", "1h 3 max", "3h as before"]))
    return f"compare timeshift {shift}", replace(state, compared=True)


def windowed(operator: str):
    """A step of an operator over the rows before."""

    def step(draw, state: State):
        rows = (
            draw(st.sampled_from(["", ", 1", ", 3"]))
            if operator in ("backshift", "smooth", "rollingstd")
            else ""
        )
        by = draw(st.sampled_from(["", f" by {draw(st.sampled_from(state.exact()))}"]))
        name, of = state.name(), draw(st.sampled_from(state.exact()))
        kind = state.fields[of] if operator == "backshift" else "inexact"
        return f"{operator} {of}{rows} as {name}{by}", state.adding(**{name: kind})

    return step


def dedup(draw, state: State):
    option = draw(st.sampled_from(["", "consecutive ", "2 ", "consecutive 2 "]))
    return f"dedup {option}by {', '.join(names(draw, state))}", state


def split(draw, state: State):
    of = draw(st.sampled_from(state.of("text") or state.exact()))
    name = state.name()
    how = draw(st.sampled_from([f"csv {of}", f"split {of} delim=';'", f"split {of} delim='='"]))
    return f"{how} extract 1 as {name}, 2 as {name}x", state.adding(**{name: "text", f"{name}x": "text"})


def keyvalue(draw, state: State):
    nodrop = draw(st.sampled_from([" nodrop", ""]))
    return f'keyvalue "a", "b" as {state.name()}, b{nodrop}', state.adding(
        **{state.name(): "text", "b": "text"}
    )


def withtime(draw, state: State):
    of, by = draw(st.sampled_from(state.of("text") or state.exact())), draw(st.sampled_from(state.exact()))
    function = draw(st.sampled_from(["most_recent", "least_recent"]))
    text = f"withtime {of} | {function}({of}_withtime) as {state.name()} by {by}"
    return text, State({by: state.fields[by], state.name(): "text"}, (by,), True, state.made + 1)


def filtered(draw, state: State):
    of, by = draw(st.sampled_from(state.exact())), draw(st.sampled_from(state.exact()))
    inner = draw(st.sampled_from([f"sort by {by} | limit 2", f"where {condition(draw, state, 1)}"]))
    return f"filter {of} in ({inner})", state


STEPS = {
    "where": where, "as": assign, "json": json, "parse": parse, "parse regex": parse_regex, "fields": fields,
    "timeslice": timeslice, "sort": sort, "limit": limit, "count": group, "top": top, "topk": topk,
    "lookup": lookup, "transpose": transpose, "fillmissing": fillmissing, "compare": compare, "dedup": dedup,
    "split": split, "keyvalue": keyvalue, "withtime": withtime, "filter": filtered,
}  # fmt: skip
STEPS |= {name: windowed(name) for name in ("accum", "total", "diff", "backshift", "smooth", "rollingstd")}
OF_MESSAGES = ["json", "parse", "parse regex", "timeslice", "split", "keyvalue", "withtime"]
OF_RECORDS = ["transpose", "fillmissing", "compare", "filter"]


def examples() -> list[str]:
    """What stands after the scope in the examples of the operators that have no step of their own here."""
    others = {operator.name: operator.help.example for operator in operators().values()}
    return sorted(
        text.lstrip("* |") for name, text in others.items() if name not in STEPS and text[:1] == "*"
    )


@st.composite
def pipelines(draw: st.DrawFn) -> str:
    """A query of up to seven operators, or the example of any other one after a condition."""
    if draw(st.integers(0, 7)) == 0:
        return f"* | where {condition(draw, BEGIN)} | {draw(st.sampled_from(examples()))}"
    state, steps = BEGIN, []
    for _ in range(draw(st.integers(1, 7))):
        usual = [name for name in STEPS if name not in OF_MESSAGES + OF_RECORDS]
        step = draw(st.sampled_from(usual + (OF_RECORDS if state.grouped else OF_MESSAGES)))
        text, state = STEPS[step](draw, state)
        steps.append(text)
        if not state.exact():
            break
    return " | ".join(["*", *steps])
