"""Syntax tree of an expression -> typed expression: names resolved, functions looked up, every coercion made
explicit.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace

from dohyo.base.problem import Fix, Problem, ProblemError, Span
from dohyo.functions.regex import RegexRefused, compiled, matches_nothing
from dohyo.functions.strings import replacement_parts
from dohyo.functions.table import ANY, NUMBER, SAME, Function, all_functions, function_named
from dohyo.lang import tree
from dohyo.lang.timerange import zone_named
from dohyo.ops.aggregates import AGGREGATES
from dohyo.ops.context import CheckContext, fail, known
from dohyo.ops.message_fields import message_field
from dohyo.plan.expr import Apply, Expr, Lit, Ref
from dohyo.plan.schema import Discovered, Schema
from dohyo.plan.types import BOOL, DOUBLE, LONG, TEXT, TIME, Type

_BINARY = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod", "=": "eq", "!=": "ne", "<": "lt", "<=": "le",
    ">": "gt", ">=": "ge", "and": "and", "or": "or", "matches": "matches", "contains": "contains",
}  # fmt: skip
_COMPARING = {"=", "!=", "<", "<=", ">", ">=", "matches", "contains"}
_NUMBERS_WIN = {"eq", "ne", "lt", "le", "gt", "ge"}
_COERCIONS = {
    (TEXT, DOUBLE): ("text_to_double",),
    (LONG, DOUBLE): ("long_to_double",),
    (TIME, DOUBLE): ("long_to_double",),
    (BOOL, DOUBLE): ("bool_to_double",),
    (TEXT, LONG): ("text_to_double", "double_to_long"),
    (DOUBLE, LONG): ("double_to_long",),
    (BOOL, LONG): ("bool_to_double", "double_to_long"),
    (BOOL, TEXT): ("bool_to_text",),
    (LONG, TEXT): ("long_to_text",),
    (TIME, TEXT): ("long_to_text",),
    (DOUBLE, TEXT): ("double_to_text",),
    (TEXT, BOOL): ("text_to_bool",),
    (DOUBLE, BOOL): ("double_to_bool",),
    (LONG, BOOL): ("long_to_double", "double_to_bool"),
    (TIME, BOOL): ("long_to_double", "double_to_bool"),
}


def checked(node: tree.Expr, schema: Schema, context: CheckContext) -> Expr:
    """The typed expression; ProblemError with the place where a name, an argument or a literal is wrong."""
    if isinstance(node, tree.Number):
        return _number(node.value)
    if isinstance(node, tree.String):
        return Lit(node.value, TEXT)
    if isinstance(node, tree.Boolean):
        return Lit(node.value, BOOL)
    if isinstance(node, tree.Null):
        return Lit(None, TEXT)
    if isinstance(node, tree.FieldRef):
        return field_value(node, schema)
    if isinstance(node, tree.Unary):
        operand = checked(node.operand, schema, context)
        return applied("neg" if node.op == "-" else "not", [operand], node.span)
    if isinstance(node, tree.Binary):
        return _binary(node, schema, context)
    if isinstance(node, tree.In):
        return _membership(node, schema, context)
    if isinstance(node, tree.Call):
        return _call(node, schema, context)
    if isinstance(node, tree.Regex):
        message = "a regular expression stands only after matches and in replace"
        fail("regex-place", message, node.span, f"such as field matches /{node.pattern}/")
    assert isinstance(node, tree.Subquery)
    from dohyo.ops.subquery import subquery_condition  # it makes expressions itself

    return subquery_condition(node, schema, context)


def _number(value: int | float) -> Lit:
    """A whole number that 64 bits cannot hold is a double."""
    whole = isinstance(value, int) and abs(value) < 2**63
    return Lit(value, LONG) if whole else Lit(float(value), DOUBLE)


def condition(node: tree.Expr, schema: Schema, context: CheckContext) -> Expr:
    """A typed expression of type BOOL."""
    return coerced(checked(node, schema, context), BOOL)


def field_value(node: tree.FieldRef, schema: Schema) -> Expr:
    """A field of the schema or one discovered in messages; among messages also a built-in or custom field,
    unless the name looks like a slip of a field extracted before.
    """
    found = schema.find(node.name)
    if found:
        return Ref(found.name, found.type)
    name = node.name.lower()
    values: list[Expr] = [
        discovered_value(one, node.name) for one in reversed(schema.discovered) if name not in one.dropped
    ]
    if schema.open and (values or not near_extracted(node.name, schema)):
        values.append(message_field(node.name, schema))
    if not values:
        known(schema, node.name, node.span)
    return values[0] if len(values) == 1 else applied("first_known", [coerced(v, TEXT) for v in values])


def discovered_value(found: Discovered, name: str) -> Expr:
    """What a message has by this name among the fields discovered in it."""
    arguments = (Ref(found.source, TEXT), Lit(name, TEXT), Lit(found.options, TEXT))
    return Apply(found.function, arguments, TEXT)


_LEAST_LIKE = 6
"""Shorter names differ in a letter for many good reasons."""


def near_extracted(name: str, schema: Schema) -> str | None:
    """A field that the query itself made and of whose name this one is most likely a slip: a letter is
    missing, too much, wrong or in its neighbour's place. Digits, separators and a last `s` tell names apart.
    """
    made = {f.name.lower(): f.name for f in schema if not f.name.startswith("_")}
    return next((full for lower, full in made.items() if _is_slip(name.lower(), lower)), None)


def _is_slip(name: str, meant: str) -> bool:
    if min(len(name), len(meant)) < _LEAST_LIKE or abs(len(name) - len(meant)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(name, meant, strict=False)) if a != b), None)
    if start is None:  # one is the other with a letter more at its end
        longer = max(name, meant, key=len)
        return len(name) != len(meant) and longer[-1].isalpha() and longer[-1] != "s"
    here, there = name[start:], meant[start:]
    if len(here) == len(there):
        wrong = here[1:] == there[1:] or (here[1::-1] == there[:2] and here[2:] == there[2:])
        return wrong and here[0].isalpha() and there[0].isalpha()
    longer, shorter = (here, there) if len(here) > len(there) else (there, here)
    return longer[1:] == shorter and longer[0].isalpha()


def coerced(expr: Expr, wanted: Type) -> Expr:
    """The expression as a value of this type; literals are turned at once."""
    if expr.type == wanted or {expr.type, wanted} == {LONG, TIME}:
        return expr
    if isinstance(expr, Lit) and expr.value is None:
        return Lit(None, wanted)
    for name in _COERCIONS[(expr.type, LONG if wanted == TIME else wanted)]:
        function = function_named(name)
        assert function is not None and isinstance(function.result, Type)
        if isinstance(expr, Lit):
            value = None if expr.value is None else function.rows(expr.value)
            expr = Lit(value, function.result)
        else:
            expr = Apply(name, (expr,), function.result)
    return expr


def common_type(args: Sequence[Expr], numbers_win: bool) -> Type:
    """The one type that arguments meet in: equal types stay; numbers meet in LONG or DOUBLE; text wins unless
    `numbers_win`.
    """
    types = {arg.type for arg in args if not (isinstance(arg, Lit) and arg.value is None)}
    if not types:
        return TEXT
    if len(types) == 1:
        return types.pop()
    if all(t.numeric for t in types):
        return DOUBLE if DOUBLE in types else LONG
    if TEXT in types and not (numbers_win and any(t.numeric for t in types)):
        return TEXT
    return DOUBLE


def applied(name: str, args: Sequence[Expr], span: Span | None = None) -> Apply:
    """A function of the table on arguments, coerced as its row says. The number of arguments is the caller's
    duty.
    """
    function = function_named(name)
    assert function is not None, name
    repeated = function.args[-1:] * max(len(args) - len(function.args), 0)
    wanted = (*function.args, *repeated)[: len(args)]
    same = [arg for arg, kind in zip(args, wanted, strict=True) if kind == SAME]
    meeting = common_type(same, name in _NUMBERS_WIN) if same else TEXT
    taken = tuple(_taken(arg, kind, meeting) for arg, kind in zip(args, wanted, strict=True))
    kind = function.result
    result = kind if isinstance(kind, Type) else kind([arg.type for arg in taken])
    return Apply(function.name, taken, result, span)


def _taken(arg: Expr, kind: object, meeting: Type) -> Expr:
    if kind == ANY:
        return arg
    if kind == NUMBER:
        return arg if arg.type in (LONG, DOUBLE, TIME) else coerced(arg, DOUBLE)
    return coerced(arg, meeting if kind == SAME else kind)  # type: ignore[arg-type]


def _warn_of_not(compared: tree.Expr, schema: Schema, context: CheckContext) -> None:
    """`!a = b` compares the opposite of `a`, which is seldom meant where `a` is a text."""
    if not isinstance(compared, tree.Unary) or compared.op != "not":
        return
    operand = compared.operand
    if isinstance(operand, tree.FieldRef) and field_value(operand, schema).type != BOOL:
        message = f"! stands for {operand.name} alone and not for the comparison"
        context.warn("not-of-field", message, compared.span, f"!({operand.name} ...)")


def _warn_of_word(word: tree.Expr, schema: Schema, context: CheckContext) -> None:
    """`action = allow` compares two fields; published queries put the text in quotes."""
    if not isinstance(word, tree.FieldRef) or schema.find(word.name) or schema.discovered:
        return
    if not word.name.startswith("_") and not isinstance(field_value(word, schema), Ref):
        message = f"{word.name} is read as a field here"
        context.warn("word-as-field", message, word.span, f'a text stands in quotes: "{word.name}"')


def _binary(node: tree.Binary, schema: Schema, context: CheckContext) -> Expr:
    if node.op in _COMPARING:
        _warn_of_not(node.left, schema, context)
    if node.op == "matches" and isinstance(node.right, tree.Regex):
        pattern = checked_regex(node.right.pattern, node.right.span)
        return applied("matches_regex", [checked(node.left, schema, context), Lit(pattern, TEXT)], node.span)
    sides = [checked(node.left, schema, context), checked(node.right, schema, context)]
    if node.op in ("=", "!=") and isinstance(node.left, tree.FieldRef | tree.Call):
        _warn_of_word(node.right, schema, context)
    nulls = [isinstance(side, tree.Null) for side in (node.left, node.right)]
    if node.op in ("=", "!=") and any(nulls):  # published queries ask `x != null` whether there is a value
        asked = applied("isNull", [sides[nulls.index(True) - 1]], node.span)
        return asked if node.op == "=" else applied("not", [asked], node.span)
    if node.op == "!=" and {TEXT} < {side.type for side in sides} <= {TEXT, LONG, DOUBLE}:
        return _unequal(sides, node.span)
    return applied(_BINARY[node.op], sides, node.span)


def _unequal(sides: list[Expr], span: Span) -> Expr:
    """A text and a number differ, too, where the text is no number: `status != 200` holds for `-`."""
    result = applied("not", [applied("eq", sides, span)], span)
    for side in sides:
        if not isinstance(side, Lit):
            result = applied("and", [result, applied("not", [applied("isNull", [side], span)], span)], span)
    return result


def _membership(node: tree.In, schema: Schema, context: CheckContext) -> Expr:
    _warn_of_not(node.operand, schema, context)
    found = applied("in", [checked(part, schema, context) for part in (node.operand, *node.items)], node.span)
    return applied("not", [found], node.span) if node.negated else found


def _call(node: tree.Call, schema: Schema, context: CheckContext) -> Expr:
    if node.name.lower() == "lookupcontains":
        from dohyo.ops.lookup_contains import contains_condition  # it makes expressions itself

        return contains_condition(node, schema, context)
    function = function_named(node.name)
    if node.name.lower() in AGGREGATES and (function is None or len(node.args) == 1):
        _aggregate_inside(node)
    if function is None or (function.hidden and node.name.lower() != "if"):
        _unknown_function(node)
    assert function is not None
    _check_count(node, function)
    if function.name == "replace" and isinstance(node.args[1], tree.Regex):
        return _replacing(node, node.args[1], schema, context)
    args = [checked(arg, schema, context) for arg in node.args]
    for place in function.literal:
        args[place : place + 1] = [_constant(arg, schema) for arg in args[place : place + 1]]
    result = _with_literals(node, function.name, args)
    if function.keep:
        context.drops.append(applied(function.keep, args[:1]))
    return result


def _constant(arg: Expr, schema: Schema) -> Expr:
    """The literal that a field was made of: `"Europe/Berlin" as zone`."""
    field = schema.find(arg.name) if isinstance(arg, Ref) else None
    return arg if field is None or field.constant is None else Lit(field.constant, TEXT)


def _replacing(node: tree.Call, regex: tree.Regex, schema: Schema, context: CheckContext) -> Expr:
    """`replace` with a regular expression; the replacement may name its groups."""
    pattern = checked_regex(regex.pattern, regex.span)
    values = [checked(node.args[place], schema, context) for place in (0, 2)]
    result = _with_literals(node, "replace_regex", [values[0], Lit(pattern, TEXT), values[1]])
    replacement = result.args[2]
    assert isinstance(replacement, Lit)
    if replacement.value != "":
        not_of_nothing(pattern, regex.span)
    try:
        replacement_parts(pattern, str(replacement.value))
    except RegexRefused as refused:
        fail("group-missing", str(refused), node.args[2].span, "$0 is all that matched, \\\\$ a dollar sign")
    return result


def _with_literals(node: tree.Call, name: str, args: list[Expr]) -> Apply:
    """Applied, after the arguments that must be literals are found to be."""
    result = applied(name, args, node.span)
    function = function_named(name)
    assert function is not None
    for place, arg in enumerate(result.args):
        if place in function.literal and not (isinstance(arg, Lit) and arg.value is not None):
            message = f"argument {place + 1} of {node.name} has to be a literal, it cannot come from a field"
            hints = (f"such as {function.example}",) if function.example else ()
            fail("literal-expected", message, node.args[place].span, *hints)
        choices = function.extra.get("choices", {}).get(place, ())
        if choices and isinstance(arg, Lit) and str(arg.value).lower() not in choices:
            message = f"{node.name} does not know {arg.value}"
            fail("argument-value", message, node.args[place].span, f"there are {', '.join(choices)}")
    if "refused" in function.extra and isinstance(result.args[0], Lit):
        message = function.extra["refused"](str(result.args[0].value), len(args) - 1)
        if message:
            fail("argument-value", message, node.args[0].span, f"such as {function.example}")
    return _with_zone(node, result) if function.name in ("formatDate", "parseDate") else result


def _with_zone(node: tree.Call, result: Apply) -> Apply:
    """The call with the time zone in the spelling that both engines know."""
    zone = result.args[2] if len(result.args) == 3 else None
    if not isinstance(zone, Lit):
        return result
    try:
        name = zone_named(str(zone.value)).key
    except ProblemError as error:
        first = error.problems[0]
        raise ProblemError([Problem(first.code, first.message, node.args[2].span, first.hints)]) from None
    return replace(result, args=(*result.args[:2], Lit(name, TEXT)))


def _aggregate_inside(node: tree.Call) -> None:
    message = f"{node.name} goes over many rows, so it stands in an operator of its own"
    fail("aggregate-place", message, node.span, f"give it a name before: | {node.name}(a) as x | x / 2 as y")


def _check_count(node: tree.Call, function: Function) -> None:
    most, least, given = len(function.args), len(function.args) - function.optional, len(node.args)
    if given < least or (given > most and not function.variadic):
        wanted = str(least) if least == most else f"{least} to {most}"
        wanted = f"{least} or more" if function.variadic else wanted
        hints = (f"such as {function.example}",) if function.example else ()
        ending = "" if wanted == "1" else "s"
        message = f"{function.name} takes {wanted} argument{ending}, here are {given}"
        fail("argument-count", message, node.span, *hints)


def _unknown_function(node: tree.Call) -> None:
    called = [f for f in all_functions() if not f.hidden]
    offered = {spelling.lower(): spelling for f in called for spelling in (f.name, *f.aliases)}
    near = difflib.get_close_matches(node.name.lower(), offered, n=1, cutoff=0.7)
    message, span = f"no function is named {node.name}", node.name_span
    if near:
        meant = offered[near[0]]
        fix = Fix(span, meant, f"Use {meant}")
        fail("function-unknown", message, span, f"did you mean {meant}?", fixes=(fix,))
    fail("function-unknown", message, span)


def checked_regex(pattern: str, span: Span) -> str:
    """The pattern, if both engines can run it; a problem that says what is wrong otherwise."""
    try:
        compiled(pattern)
    except RegexRefused as refused:
        if refused.part:
            message = f"the regular expression uses {refused.part}, which Dohyo's engine cannot run"
            hint = "look-around and back-references are not available; match more and filter with where"
            fail("regex-unsupported", message, span, hint)
        fail("regex-wrong", f"the regular expression is not well-formed: {refused}", span)
    return pattern


def not_of_nothing(pattern: str, span: Span) -> str:
    """The pattern, if it takes at least one character where it matches; for uses that go on after a match."""
    if matches_nothing(pattern):
        hint = "such as + in the place of *"
        fail("regex-of-nothing", "the regular expression also matches where there is nothing", span, hint)
    return pattern
