"""IP addresses."""

from __future__ import annotations

import ipaddress
import re

import sqlglot.expressions as exp

from dohyo.functions.table import fn
from dohyo.plan.sqltree import Sql, call, null, plain, text
from dohyo.plan.types import BOOL, LONG, TEXT

_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
# RFC 5735, the ranges that are not private.
_RESERVED = (
    "0.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
)


def _v4(value: str | None) -> ipaddress.IPv4Address | None:
    try:
        return ipaddress.IPv4Address(value or "")
    except ValueError:
        return None


def _v6(value: str | None) -> bool:
    try:
        return (
            bool(ipaddress.IPv6Address((value or "").strip()))
            and "%" not in (value or "")
            and ":" in (value or "")
        )
    except ValueError:
        return False


def _in_any(value: str | None, ranges: tuple[str, ...]) -> bool:
    address = _v4(value)
    return address is not None and any(address in ipaddress.IPv4Network(one) for one in ranges)


def _v4_sql(x: Sql) -> Sql:
    return call("isIPv4String", call("ifNull", x, text("")))


def _v6_sql(x: Sql) -> Sql:
    return call("isIPv6String", call("ifNull", x, text("")))


def _in_any_sql(x: Sql, ranges: tuple[str, ...]) -> Sql:
    safe = call("if", _v4_sql(x), call("ifNull", x, text("")), text("255.255.255.255"))
    return call(
        "and", _v4_sql(x), call("or", *[call("isIPAddressInRange", safe, text(one)) for one in ranges])
    )


fn(
    "isValidIPv4",
    (TEXT,),
    BOOL,
    nulls="handles",
    sql=_v4_sql,
    rows=lambda x: _v4(x) is not None,
    help="Whether the text is an IPv4 address.",
    example='isValidIPv4("127.0.500.1") == false',
)
fn(
    "isValidIPv6",
    (TEXT,),
    BOOL,
    nulls="handles",
    sql=_v6_sql,
    rows=_v6,
    help="Whether the text is an IPv6 address.",
    example='isValidIPv6("2001:db8::1") == true',
)
fn(
    "isValidIP",
    (TEXT,),
    BOOL,
    nulls="handles",
    sql=lambda x: call("or", _v4_sql(x), _v6_sql(x)),
    rows=lambda x: _v4(x) is not None or _v6(x),
    help="Whether the text is an IP address.",
    example='isValidIP("127.0.500.1") == false',
)
fn(
    "isPrivateIP",
    (TEXT,),
    BOOL,
    nulls="handles",
    keep="isValidIPv4",
    sql=lambda x: _in_any_sql(x, _PRIVATE),
    rows=lambda x: _in_any(x, _PRIVATE),
    help="Whether an IPv4 address is private; rows with another text are dropped.",
    example='isPrivateIP("192.168.0.1") == true',
)
fn(
    "isPublicIP",
    (TEXT,),
    BOOL,
    nulls="handles",
    keep="isValidIPv4",
    rows=lambda x: _v4(x) is not None and not _in_any(x, _PRIVATE + _RESERVED),
    sql=lambda x: call("and", _v4_sql(x), call("not", _in_any_sql(x, _PRIVATE + _RESERVED))),
    help="Whether an IPv4 address is public; rows with another text are dropped.",
    example='isPublicIP("8.8.8.8") == true',
)
fn(
    "isReservedIP",
    (TEXT,),
    BOOL,
    nulls="handles",
    keep="isValidIPv4",
    sql=lambda x: _in_any_sql(x, _RESERVED),
    rows=lambda x: _in_any(x, _RESERVED),
    help="Whether an IPv4 address is reserved (RFC 5735); rows with another text are dropped.",
    example='isReservedIP("169.254.0.0") == true',
)


def _number_of(x: Sql) -> Sql:
    return call("toInt64", call("IPv4StringToNumOrNull", x))


fn(
    "ipv4ToNumber",
    (TEXT,),
    LONG,
    sql=_number_of,
    rows=lambda x: int(found) if (found := _v4(x)) else None,
    help="The number of an IPv4 address.",
    example='ipv4ToNumber("0.0.1.0") == 256',
)


def _bits(prefix: str) -> int | None:
    digits = prefix.strip(" ")
    return int(digits) if re.fullmatch("[0-9]{1,9}", digits) and int(digits) <= 32 else None


def _prefix(value: str, prefix: str) -> str | None:
    address, bits = _v4(value), _bits(prefix)
    return (
        None
        if address is None or bits is None
        else str(ipaddress.IPv4Network((address, bits), strict=False).network_address)
    )


def _mask_sql(prefix: Sql) -> Sql:
    bits = call("toUInt32OrNull", call("trimBoth", prefix))
    whole = call(
        "bitAnd",
        call(
            "bitShiftLeft",
            call("toUInt64", plain(4294967295)),
            call("minus", plain(32), call("least", bits, plain(32))),
        ),
        plain(4294967295),
    )
    return call("if", call("lessOrEquals", bits, plain(32)), whole, call("toUInt64OrNull", text("")))


def _dotted_sql(address: Sql) -> Sql:
    """Dots between the bytes; the engine's own function takes null for 0.0.0.0."""
    return call(
        "if",
        call("isNull", address),
        null(),
        call("IPv4NumToString", call("toUInt32", call("ifNull", address, plain(0)))),
    )


def _prefix_sql(x: Sql, prefix: Sql) -> Sql:
    return _dotted_sql(call("bitAnd", call("IPv4StringToNumOrNull", x), _mask_sql(prefix)))


fn(
    "getCIDRPrefix",
    (TEXT, TEXT),
    TEXT,
    sql=_prefix_sql,
    rows=_prefix,
    help="The network address of an IPv4 address for so many bits.",
    example='getCIDRPrefix("10.10.1.35", "27") == "10.10.1.32"',
)
fn(
    "compareCIDRPrefix",
    (TEXT, TEXT, TEXT),
    BOOL,
    nulls="false",
    rows=lambda a, b, p: _prefix(a, p) is not None and _prefix(a, p) == _prefix(b, p),
    sql=lambda a, b, p: call("ifNull", call("equals", _prefix_sql(a, p), _prefix_sql(b, p)), exp.false()),
    help="Whether two IPv4 addresses share their first bits.",
    example='compareCIDRPrefix("10.10.1.32", "10.10.1.60", "27") == true',
)
fn(
    "maskFromCIDR",
    (TEXT,),
    TEXT,
    sql=lambda p: _dotted_sql(_mask_sql(p)),
    rows=lambda p: None if _bits(p) is None else str(ipaddress.IPv4Network(f"0.0.0.0/{_bits(p)}").netmask),
    help="The network mask of so many bits.",
    example='maskFromCIDR("29") == "255.255.255.248"',
)
