"""Values joined from outside: places of addresses and lookup tables.

Every source answers the same question: for these distinct keys, which values do these columns have? A key
without an answer is left out. Keys and answers are plain values, so both query engines ask in the same way.
"""

from __future__ import annotations

import csv
import ipaddress
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import maxminddb

from dohyo.base.problem import Problem, ProblemError
from dohyo.functions.casts import any_to_text
from dohyo.ops.sources import ASN, GEO, THREAT, THREAT_TABLE
from dohyo.ops.threat import ALL, BEST
from dohyo.plan.expr import Scalar
from dohyo.plan.nodes import LookupTable
from dohyo.search.threats import Threats

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
        found = _record(self._reader, address)
        return None if found is None else _place(found)

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
        "metro_code": any_to_text(location.get("metro_code")),
    }


def _english(named: Any) -> str | None:
    """The English name of a GeoLite2 part, or a flat file's text."""
    if isinstance(named, dict):
        return (named.get("names") or {}).get("en")
    return named or None


class Asn:
    """Autonomous systems of addresses, from a MaxMind DB file such as GeoLite2-ASN. Safe for threads."""

    def __init__(self, file: Path | None) -> None:
        if file is None or not file.exists():
            message = "no database of autonomous systems is set up here"
            hint = "name a MaxMind DB file such as GeoLite2-ASN.mmdb by the setting DOHYO_ASN_FILE"
            raise ProblemError([Problem("asn-missing", message, hints=(hint,))])
        self._reader = maxminddb.open_database(file)

    def answers(self, on: Sequence[str], keys: Iterable[Key], columns: Sequence[str]) -> Answers:
        found: Answers = {}
        for key in keys:
            record = _record(self._reader, str(key[0])) if key[0] is not None else None
            if record is not None:
                system = _system(record)
                found[key] = tuple(system.get(column.lower()) for column in columns)
        return found


def _system(record: Mapping[str, Any]) -> dict[str, Scalar]:
    number = record.get("autonomous_system_number", record.get("asn"))
    name = record.get("autonomous_system_organization", record.get("organization"))
    whole = None if number is None else int(str(number).upper().removeprefix("AS"))
    organizations = ("organization", "registering_organization", "carrier_organization")
    return {"asn": whole, **dict.fromkeys(organizations, name)}


def _record(reader: maxminddb.Reader, address: str) -> dict[str, Any] | None:
    """What a MaxMind DB file says of a public address."""
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return None
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    found: Any = reader.get(parsed) if parsed.is_global else None
    return found if isinstance(found, dict) else None


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
        if not self._table.columns:  # there is no such table, as the check of the query said
            return {}
        names = [self._spelled[name.lower()] for name in on]
        wanted = [self._spelled[name.lower()] for name in columns]
        rows = {tuple(folded(row.get(name)) for name in names): row for row in self._table.rows}
        found: Answers = {}
        for key in keys:
            row = None if None in key else rows.get(tuple(map(folded, key)))
            if row is not None:
                found[key] = tuple(row.get(name) for name in wanted)
        return found


_EMPTY = LookupTable({}, [])


def _file_setting(name: str) -> Path | None:
    given = os.environ.get(name)
    return Path(given) if given else None


@dataclass(frozen=True)
class Lookups:
    """All sources of a search. `tables` gives the lookup table at a `path://` address (without quotes), or
    None. The files are MaxMind DB files of places and of autonomous systems; the environment may name them.
    """

    tables: Callable[[str], LookupTable | None] = lambda path: None
    geo_file: Path | None = field(default_factory=lambda: _file_setting("DOHYO_GEO_FILE"))
    asn_file: Path | None = field(default_factory=lambda: _file_setting("DOHYO_ASN_FILE"))
    _opened: dict[str, Geo | Asn] = field(default_factory=dict, compare=False)

    def source(self, name: str) -> LookupSource:
        """The source of this address; one without answers where there is none.

        ProblemError `geo-missing`, `asn-missing` where a database is needed that is not there.
        """
        if name == GEO:
            return self._opened.get(GEO) or self._opened.setdefault(GEO, Geo(self.geo_file))
        if name == ASN:
            return self._opened.get(ASN) or self._opened.setdefault(ASN, Asn(self.asn_file))
        kind, _, feed = name.partition("?")
        if kind in (THREAT, ALL, BEST):
            return Threats(self.tables(THREAT_TABLE) or _EMPTY, kind == BEST, feed)
        return TableLookup(self.tables(name) or _EMPTY)

    def answers(self, source: str, on: Sequence[str], keys: Iterable[Key], columns: Sequence[str]) -> Answers:
        return self.source(source).answers(on, keys, columns)
