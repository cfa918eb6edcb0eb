"""What every metadata model shares: the declarative base, key types, times as epoch milliseconds."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase

# Named constraints, so that a later migration can change them on SQLite and on PostgreSQL alike.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLite numbers rows by itself only in a plain INTEGER key, which there holds 64 bits anyway.
RowNumber = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """Base of all models. Times are `*_ms` columns: milliseconds since 1970-01-01 UTC."""

    metadata = MetaData(naming_convention=NAMES)
