"""Text functions."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote, unquote_plus

import orjson
import sqlglot.expressions as exp

from dohyo.functions.casts import any_to_text
from dohyo.functions.linear import replaced
from dohyo.functions.logic import plain_dot
from dohyo.functions.regex import RegexRefused, compiled, group_names
from dohyo.functions.table import fn
from dohyo.plan.sqltree import Sql, call, fn1, null, plain, text
from dohyo.plan.types import BOOL, LONG, TEXT


def _or_empty(x: Sql) -> Sql:
    return call("ifNull", x, text(""))


fn(
    "concat",
    (TEXT, TEXT),
    TEXT,
    variadic=True,
    nulls="handles",
    sql=lambda *a: call("concat", *map(_or_empty, a)),
    rows=lambda *a: "".join(x or "" for x in a),
    help="The texts one after the other; null counts as empty.",
    example='concat("a", null, 4) == "a4"',
)
fn(
    "length",
    (TEXT,),
    LONG,
    nulls="handles",
    sql=lambda x: call("toInt64", call("lengthUTF8", _or_empty(x))),
    rows=lambda x: len(x or ""),
    help="Number of characters; 0 for null.",
    example='length("abc") == 3',
)
fn(
    "toLowerCase",
    (TEXT,),
    TEXT,
    aliases=("lower",),
    sql=lambda x: call("lowerUTF8", x),
    rows=lambda x: x.lower(),
    help="The text in lower case.",
    example='toLowerCase("AbC") == "abc"',
)
fn(
    "toUpperCase",
    (TEXT,),
    TEXT,
    aliases=("upper",),
    sql=lambda x: call("upperUTF8", x),
    rows=lambda x: x.upper(),
    help="The text in upper case.",
    example='toUpperCase("AbC") == "ABC"',
)
fn(
    "trim",
    (TEXT,),
    TEXT,
    sql=lambda x: call("trimBoth", x, text(" \t\r\n")),
    rows=lambda x: x.strip(" \t\r\n"),
    help="The text without blanks at both ends.",
    example='trim(" Hello World  ") == "Hello World"',
)


def _substring(value: str, start: int, end: int | None = None) -> str | None:
    if start < 0 or (end is not None and end < start):
        return None
    return value[start:end]


def _substring_sql(x: Sql, start: Sql, end: Sql | None = None) -> Sql:
    bad = call("less", start, plain(0))
    if end is None:
        return call(
            "if",
            bad,
            null(),
            call("substringUTF8", x, call("plus", call("greatest", start, plain(0)), plain(1))),
        )
    length = call("greatest", call("minus", end, start), plain(0))
    return call(
        "if",
        call("or", bad, call("less", end, start)),
        null(),
        call("substringUTF8", x, call("plus", call("greatest", start, plain(0)), plain(1)), length),
    )


fn(
    "substring",
    (TEXT, LONG, LONG),
    TEXT,
    optional=1,
    sql=_substring_sql,
    rows=_substring,
    help="Characters from the start (0 is the first) up to the end, which is left out.",
    example='substring("Sumo Logic", 0, 4) == "Sumo"',
)


_REPLACEMENT = re.compile(r"\\(.)|\$(?:\{(\w+)\}|(\d))|([^\\$]+|.)", re.DOTALL)


def replacement_parts(pattern: str, replacement: str) -> list[str | int]:
    r"""A Java replacement text: literal parts, and numbers of the pattern's groups. RegexRefused.

    >>> replacement_parts("(a)(?<n>b)", r"$2 ${n}\$")
    [2, ' ', 2, '$']
    """
    names = group_names(pattern)
    parts: list[str | int] = []
    for escaped, name, digit, literal in _REPLACEMENT.findall(replacement):
        group = name or digit
        number = names.index(group) + 1 if group in names else int(group) if group.isdigit() else -1
        if group and not 0 <= number <= min(len(names), 9):
            raise RegexRefused(f"the regular expression has no group {group}")
        parts.append(number if group else escaped or literal)
    return parts


def _engine_replacement(pattern: str, replacement: str) -> str:
    parts = replacement_parts(pattern, replacement)
    return "".join(f"\\{p}" if isinstance(p, int) else p.replace("\\", "\\\\") for p in parts)


def _replace_matches(value: str, pattern: str, replacement: str) -> str:
    parts = replacement_parts(pattern, replacement)
    made, at = [], 0
    while at <= len(value) and (found := compiled(pattern).search(value, at)):
        made.append(value[at : found.start()])
        made += [(found[p] or "") if isinstance(p, int) else p for p in parts]
        at = found.end()
        if found.start() == at:  # after a match of nothing the engine takes one character as it is
            made.append(value[at : at + 1])
            at += 1
    return "".join(made) + value[at:]


def _replace_sql(x: Sql, pattern: Sql, replacement: Sql) -> Sql:
    return call("if", call("empty", pattern), x, call("replaceAll", x, pattern, replacement))


fn(
    "replace",
    (TEXT, TEXT, TEXT),
    TEXT,
    sql=_replace_sql,
    rows=lambda x, a, b: x.replace(a, b) if a else x,
    help="Every occurrence of the second text replaced by the third; a /regex/ may stand for the second.",
    example='replace("a-b-c", "-", "+") == "a+b+c"',
)
fn(
    "replace_regex",
    (TEXT, TEXT, TEXT),
    TEXT,
    hidden=True,
    literal=(1, 2),
    sql=lambda x, p, r: call(
        "replaceRegexpAll",
        x,
        text(plain_dot(str(p.this))),
        text(_engine_replacement(str(p.this), str(r.this))),
    ),
    rows=_replace_matches,
    bounded=lambda x, p, r: replaced(p, x, _engine_replacement(p, r)),
)

fn(
    "base64Encode",
    (TEXT,),
    TEXT,
    sql=lambda x: call("base64Encode", x),
    rows=lambda x: base64.b64encode(x.encode()).decode(),
    help="The text in base 64.",
    example='base64Encode("hello world") == "aGVsbG8gd29ybGQ="',
)


CHARSETS = ("utf-8", "us-ascii", "iso-8859-1", "utf-16", "utf-16be", "utf-16le")


def _from_base64(value: str, charset: str = "utf-8") -> str:
    try:
        data = base64.b64decode(value, validate=True)
        if base64.b64encode(data).decode() != value:
            return value
        return data.decode() if charset.lower() == "utf-8" else _in_charset(data, charset.lower())
    except ValueError:
        return value


def _in_charset(data: bytes, charset: str) -> str:
    """As Java reads it: UTF-16 is big-endian unless a mark says otherwise, wrong bytes become U+FFFD."""
    marked = data[:2] in (b"\xfe\xff", b"\xff\xfe")
    return data.decode("utf-16-be" if charset == "utf-16" and not marked else charset, "replace")


def _from_base64_sql(x: Sql, charset: Sql | None = None) -> Sql:
    read = call("tryBase64Decode", x)
    is_base64 = call("equals", call("base64Encode", read), x)
    if charset is None or str(charset.this).lower() == "utf-8":
        return call("if", call("and", call("isValidUTF8", read), is_base64), read, x)
    return call("if", is_base64, call("convertCharset", read, charset, text("UTF-8")), x)


fn(
    "base64Decode",
    (TEXT, TEXT),
    TEXT,
    optional=1,
    literal=(1,),
    extra={"choices": {1: CHARSETS}},
    sql=_from_base64_sql,
    rows=_from_base64,
    help=f"The text that base 64 stands for, in UTF-8 or {', '.join(CHARSETS[1:])}; other text as it is.",
    example='base64Decode("aGVsbG8gd29ybGQ=") == "hello world"',
)
fn(
    "urlencode",
    (TEXT,),
    TEXT,
    sql=lambda x: call("encodeURLComponent", x),
    rows=lambda x: quote(x, safe="-_.~"),
    help="The text with percent coding.",
    example='urlencode("a b") == "a%20b"',
)
fn(
    "urldecode",
    (TEXT,),
    TEXT,
    sql=lambda x: call("toValidUTF8", call("decodeURLFormComponent", x)),
    rows=lambda x: unquote_plus(x),
    help="The text without percent coding.",
    example='urldecode("a%20b") == "a b"',
)


def _hex_to_ascii(value: str) -> str | None:
    return bytes.fromhex(value).decode("latin-1") if re.fullmatch("(?:[0-7][0-9a-fA-F])*", value) else None


fn(
    "hexToAscii",
    (TEXT,),
    TEXT,
    rows=_hex_to_ascii,
    sql=lambda x: call(
        "if",
        call("match", x, text("^(?:[0-7][0-9a-fA-F])*$")),
        call("unhex", call("if", call("match", x, text("^(?:[0-7][0-9a-fA-F])*$")), x, text(""))),
        null(),
    ),
    help="The text whose characters hexadecimal digits say.",
    example='hexToAscii("4142") == "AB"',
)

# Java's number syntax: decimal with exponent and type suffix, hexadecimal, octal with a leading zero.
_NUMERIC = (
    r"^[+-]?(?:0[xX][0-9a-fA-F]+|0[0-7]*[lL]?|[1-9]\d*[lL]?|(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)[fFdD]?"
    r"|(?:\d+\.\d*|\.\d+)[fFdD]?|(?:0|[1-9]\d*)[fFdD])$"
)
fn(
    "isNumeric",
    (TEXT,),
    BOOL,
    nulls="false",
    sql=lambda x: call("match", x, text(_NUMERIC)),
    rows=lambda x: re.match(_NUMERIC, x, re.ASCII) is not None and not x.endswith("\n"),
    help="Whether the text is a number as Java writes them.",
    example='isNumeric("1e5") == true',
)


def _luhn(value: str) -> bool:
    if not value or not re.fullmatch(r"[0-9]+", value):
        return False
    total = sum(sum(divmod(int(c) * 2, 10)) if i % 2 else int(c) for i, c in enumerate(reversed(value)))
    return total % 10 == 0


def _luhn_sql(x: Sql) -> Sql:
    digits = call(
        "arrayMap",
        fn1(lambda c: call("toInt32OrZero", c)),
        call("splitByString", text(""), call("reverse", x)),
    )
    index = call("arrayEnumerate", digits)
    doubled = call(
        "arrayMap",
        exp.Lambda(
            this=call(
                "if",
                call("equals", call("modulo", exp.column("i"), plain(2)), plain(0)),
                call(
                    "plus",
                    call("intDiv", call("multiply", exp.column("d"), plain(2)), plain(10)),
                    call("modulo", call("multiply", exp.column("d"), plain(2)), plain(10)),
                ),
                exp.column("d"),
            ),
            expressions=[exp.to_identifier("d"), exp.to_identifier("i")],
        ),
        digits,
        index,
    )
    return call(
        "and",
        call("match", x, text("^[0-9]+$")),
        call("equals", call("modulo", call("arraySum", doubled), plain(10)), plain(0)),
    )


fn(
    "luhn",
    (TEXT,),
    BOOL,
    nulls="false",
    sql=lambda x: _luhn_sql(call("ifNull", x, text(""))),
    rows=_luhn,
    help="Whether digits pass the Luhn check.",
    example='luhn("4532015112830366") == true',
)


# ---- JSON arrays in a text ----


def _array(value: str | None) -> list[object] | None:
    try:
        read = orjson.loads(value or "")
    except orjson.JSONDecodeError:
        return None
    return read if isinstance(read, list) else None


def _is_array(x: Sql) -> Sql:
    return call(
        "and",
        call("isValidJSON", x),
        call("equals", call("substring", call("trimLeft", x), plain(1), plain(1)), text("[")),
    )


fn(
    "jsonArraySize",
    (TEXT,),
    LONG,
    nulls="handles",
    rows=lambda x: -1 if _array(x) is None else len(_array(x) or []),
    sql=lambda x: call(
        "if", _is_array(_or_empty(x)), call("toInt64", call("JSONLength", _or_empty(x))), plain(-1)
    ),
    help="Number of elements of a JSON array; -1 where it is none.",
    example='jsonArraySize("[1, 2, 3]") == 3',
)
fn(
    "jsonArrayContains",
    (TEXT, TEXT),
    BOOL,
    nulls="false",
    rows=lambda x, item: (
        item in [any_to_text(one) for one in _array(x) or [] if not isinstance(one, list | dict)]
    ),
    sql=lambda x, item: call(
        "has", call("JSONExtract", call("ifNull", x, text("")), text("Array(Nullable(String))")), item
    ),
    help="Whether a JSON array holds the value.",
    example='jsonArrayContains("[1, 2]", "2") == true',
)
