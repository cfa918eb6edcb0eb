"""Values joined from outside: places of addresses and lookup tables.

Every source answers the same question: for these distinct keys, which values do these columns have? A key
without an answer is left out. Keys and answers are plain values, so both query engines ask in the same way.
"""

from __future__ import annotations

import csv
import ipaddress
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import maxminddb

from dohyo.base.problem import Problem, ProblemError
from dohyo.plan.expr import Scalar
from dohyo.plan.nodes import LookupTable

GEO = "geo://location"
GEO_FOLDER = Path(__file__).parent / "geo"

Key = tuple[Scalar, ...]
Answers = dict[Key, tuple[Scalar, ...]]


class LookupSource(Protocol):
    """One source: `keys` are values of the columns `on`; the answers are those of `columns`, in order."""

    def answers(self, on: Sequence[str], keys: Iterable[Key], columns: Sequence[str]) -> Answers: ...


@dataclass(frozen=True)
class Country:
    name: str
    latitude: float
    longitude: float
    continent: str


@cache
def countries() -> Mapping[str, Country]:
    """Label point, name and continent by ISO 3166-1 code."""
    with (GEO_FOLDER / "countries.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["country_code"]: Country(
                row["country_name"], float(row["latitude"]), float(row["longitude"]), row["continent"]
            )
            for row in csv.DictReader(file)
        }


class Geo:
    """Places of IPv4 and IPv6 addresses, from a MaxMind DB file.

    `file` may be a country file (then a place is its country's label point) or a GeoLite2 or DB-IP City file.
    Private, unknown and malformed addresses have no place. `region` is the continent. Safe for threads.
    """

    def __init__(self, file: Path | None = None) -> None:
        path = file or GEO_FOLDER / "country.mmdb"
        if not path.exists():
            message = f"the country database {path.name} is not there"
            raise ProblemError([Problem("geo-missing", message, hints=("run script/prepare once",))])
        self._reader = maxminddb.open_database(path)

    def place(self, address: str) -> dict[str, Scalar] | None:
        """Columns of the address's place, None where it has none."""
        try:
            parsed = ipaddress.ip_address(address.strip())
        except ValueError:
            return None
        mapped = getattr(parsed, "ipv4_mapped", None)
        found: Any = self._reader.get(mapped or parsed) if (mapped or parsed).is_global else None
        return _place(found) if isinstance(found, dict) else None

    def answers(self, on: Sequence[str], keys: Iterable[Key], columns: Sequence[str]) -> Answers:
        found: Answers = {}
        for key in keys:
            place = self.place(str(key[0])) if key[0] is not None else None
            if place is not None:
                found[key] = tuple(place.get(column.lower()) for column in columns)
        return found


def _place(record: dict[str, Any]) -> dict[str, Scalar] | None:
    """One record of a country file (`country_code`), a flat City file or a nested one (GeoLite2)."""
    country = record.get("country")
    nested = country if isinstance(country, dict) else {}
    code = record.get("country_code") or nested.get("iso_code")
    if not code:
        return None
    known = countries().get(code)
    location = record.get("location") or record
    division = (record.get("subdivisions") or [{}])[0]
    latitude, longitude = location.get("latitude"), location.get("longitude")
    if latitude is None or longitude is None:
        latitude, longitude = (known.latitude, known.longitude) if known else (None, None)
    continent = known.continent if known else None
    return {
        "latitude": None if latitude is None else round(float(latitude), 5),
        "longitude": None if longitude is None else round(float(longitude), 5),
        "country_code": code,
        "country_name": known.name if known else _english(nested),
        "region": continent,
        "continent": continent,
        "city": _english(record.get("city")),
        "state": _english(division) or record.get("state1"),
        "postal_code": (record.get("postal") or {}).get("code") or record.get("postcode"),
    }


def _english(named: Any) -> str | None:
    """The English name of a GeoLite2 part, or a flat file's text."""
    if isinstance(named, dict):
        return (named.get("names") or {}).get("en")
    return named or None


def folded(value: Scalar) -> Scalar:
    """A key as lookup tables compare it: text in any case, whole numbers like their text."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).lower()


class TableLookup:
    """A lookup table: matched in any case; of rows with the same key the last one counts."""

    def __init__(self, table: LookupTable) -> None:
        self._table = table
        self._spelled = {name.lower(): name for name in table.columns}

    def answers(self, on: Sequence[str], keys: Iterable[Key], columns: Sequence[str]) -> Answers:
        names = [self._spelled[name.lower()] for name in on]
        wanted = [self._spelled[name.lower()] for name in columns]
        rows = {tuple(folded(row.get(name)) for name in names): row for row in self._table.rows}
        found: Answers = {}
        for key in keys:
            row = None if None in key else rows.get(tuple(map(folded, key)))
            if row is not None:
                found[key] = tuple(row.get(name) for name in wanted)
        return found


@dataclass(frozen=True)
class Lookups:
    """All sources of a search. `tables` gives the lookup table at a `path://` address (without quotes), or
    None.
    """

    tables: Callable[[str], LookupTable | None] = lambda path: None
    geo_file: Path | None = None
    _opened: dict[str, Geo] = field(default_factory=dict, compare=False)

    def source(self, name: str) -> LookupSource:
        """The source of this address. ProblemError `lookup-source` where there is none."""
        if name.lower() == GEO:
            if GEO not in self._opened:
                self._opened[GEO] = Geo(self.geo_file)
            return self._opened[GEO]
        table = self.tables(name)
        if table is None:
            raise ProblemError([Problem("lookup-source", f"there is no lookup table at {name}")])
        return TableLookup(table)

    def answers(self, source: str, on: Sequence[str], keys: Iterable[Key], columns: Sequence[str]) -> Answers:
        return self.source(source).answers(on, keys, columns)
