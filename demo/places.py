"""Where an address is: its country by the country database, and that country's place on the map."""

from __future__ import annotations

import csv
import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import Any

import maxminddb

GEO = Path(__file__).parent.parent / "src" / "dohyo" / "search" / "geo"


def place_finder() -> Callable[[str], dict[str, Any] | None]:
    """A function from an address to its place; None for private, unknown and unreadable addresses."""
    database = maxminddb.open_database(str(GEO / "country.mmdb"))
    with (GEO / "countries.csv").open(encoding="utf-8", newline="") as rows:
        countries = {row["country_code"]: row for row in csv.DictReader(rows)}

    def place_of(address: str) -> dict[str, Any] | None:
        try:
            # The database files some private blocks under a country; those addresses are nowhere.
            found = database.get(address) if ipaddress.ip_address(address).is_global else None
        except ValueError:
            return None
        country = countries.get(found["country_code"]) if isinstance(found, dict) else None
        if country is None:
            return None
        # A country database knows no cities; the region is the continent.
        return {
            "latitude": float(country["latitude"]),
            "longitude": float(country["longitude"]),
            "country_code": country["country_code"],
            "country_name": country["country_name"],
            "region": country["continent"],
            "city": None,
        }

    return place_of
