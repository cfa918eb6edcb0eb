"""Links: what `tourl` gives is a text of its own form, so that it can be grouped by and sorted, and told
apart when shown.

The text is the anchor that Sumo Logic's API returns: `<a href="URL" target="_blank">LABEL</a>`. Pages get it
as `{"text", "href"}` (`link_parts`). Only http, https and mailto addresses become links; anything else
stays its label.
"""

from __future__ import annotations

import html
import re

from dohyo.functions.table import fn
from dohyo.plan.sqltree import Sql, call, text
from dohyo.plan.types import TEXT

_ANCHOR = re.compile(r'<a href="([^"<>]*)" target="_blank">(.*)</a>', re.DOTALL)
_SPECIAL = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"))


def _escaped(value: str) -> str:
    for char, entity in _SPECIAL:
        value = value.replace(char, entity)
    return value


def _escaped_sql(x: Sql) -> Sql:
    for char, entity in _SPECIAL:
        x = call("replaceAll", x, text(char), text(entity))
    return x


def link(url: str | None, label: str | None, prefix: str | None = "", suffix: str | None = "") -> str | None:
    """The anchor, or the label alone where the address is missing or of another kind."""
    shown = url if label is None else label
    if url is None:
        return shown
    address = f"{prefix or ''}{url}{suffix or ''}"
    if not re.match(r"(?i)(?:https?://|mailto:)", address):
        return shown
    return f'<a href="{_escaped(address)}" target="_blank">{_escaped(shown or "")}</a>'


def _link_sql(url: Sql, label: Sql, prefix: Sql | None = None, suffix: Sql | None = None) -> Sql:
    shown = call("coalesce", label, url)
    whole = call(
        "concat",
        call("ifNull", prefix or text(""), text("")),
        call("ifNull", url, text("")),
        call("ifNull", suffix or text(""), text("")),
    )
    anchor = call(
        "concat",
        text('<a href="'),
        _escaped_sql(whole),
        text('" target="_blank">'),
        _escaped_sql(shown),
        text("</a>"),
    )
    return call(
        "if",
        call("and", call("isNotNull", url), call("match", whole, text("(?i)^(?:https?://|mailto:)"))),
        anchor,
        shown,
    )


def link_parts(value: str) -> dict[str, str] | None:
    """`{"text", "href"}` of a text that `tourl` made, None for any other text.

    >>> link_parts(link("https://a.example/?x=1&y=2", "<b>"))
    {'text': '<b>', 'href': 'https://a.example/?x=1&y=2'}
    """
    match = _ANCHOR.fullmatch(value) if value.startswith("<a href=") else None
    return {"text": html.unescape(match[2]), "href": html.unescape(match[1])} if match else None


fn(
    "tourl",
    (TEXT, TEXT, TEXT, TEXT),
    TEXT,
    optional=2,
    nulls="handles",
    sql=_link_sql,
    rows=link,
    help="A link to the address, shown as the label.",
    example='tourl("https://a.example", "a") == "<a href=\\"https://a.example\\" target=\\"_blank\\">a</a>"',
)
