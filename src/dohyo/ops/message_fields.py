"""Fields of a message that no schema names: built-in ones beside those that results show, and custom ones."""

from __future__ import annotations

from dohyo.plan.expr import Apply, Expr, Lit, Ref
from dohyo.plan.schema import Schema
from dohyo.plan.types import LONG, TEXT, TIME

_BUILT_IN: dict[str, Expr] = {
    "_index": Ref("_view", TEXT),
    "_searchabletime": Ref("_receipttime", TIME),  # a message can be searched as soon as it is received
    "_loglevel": Apply("log_level", (Ref("_raw", TEXT),), TEXT),
    "_datatier": Lit("continuous", TEXT),
    "_collectorid": Lit(None, TEXT),
    "_sourceid": Lit(None, TEXT),
    "_blockid": Lit(None, TEXT),
    "_messagecount": Lit(None, LONG),
}


def message_field(name: str, schema: Schema) -> Expr:
    """The value of the field for a message; null for a custom field that it does not have."""
    value = _BUILT_IN.get(name.lower())
    if value is None:
        return Apply("custom_field", (Ref("_fields", TEXT), Lit(name, TEXT)), TEXT)
    needed = value.args[0] if isinstance(value, Apply) else value
    if isinstance(needed, Ref) and schema.find(needed.name) is None:  # dropped by `fields -`
        return Lit(None, value.type)
    return value
