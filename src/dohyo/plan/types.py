"""The value model (search language, section 6): four static types, each of them nullable."""

from __future__ import annotations

from enum import Enum


class Type(Enum):
    """Static type of a field or an expression.

    | Type   | Python in the oracle | ClickHouse          |
    |--------|----------------------|---------------------|
    | TEXT   | str or None          | Nullable(String)    |
    | LONG   | int or None          | Nullable(Int64)     |
    | TIME   | int (epoch ms) or None | Nullable(Int64), shown as a time |
    | DOUBLE | float or None        | Nullable(Float64)   |
    | BOOL   | bool or None         | Nullable(Bool)      |

    Everything parsed out of a message is TEXT, JSON numbers too (as shortest decimal text); a place that
    clearly needs a number coerces it, and text that is no number becomes null there.
    """

    TEXT = "text"
    LONG = "long"
    TIME = "time"
    DOUBLE = "double"
    BOOL = "bool"

    @property
    def numeric(self) -> bool:
        return self in (Type.LONG, Type.TIME, Type.DOUBLE)


TEXT, LONG, TIME, DOUBLE, BOOL = Type.TEXT, Type.LONG, Type.TIME, Type.DOUBLE, Type.BOOL
