"""Places of addresses and lookup tables."""

import pytest

from dohyo.base.problem import ProblemError
from dohyo.plan.nodes import LookupTable
from dohyo.plan.types import TEXT
from dohyo.search.lookups import GEO, Lookups, _place, countries

COLUMNS = ("country_code", "country_name", "latitude", "longitude", "region", "city")


def places(*addresses):
    return Lookups().answers(GEO, ["ip"], [(a,) for a in addresses], COLUMNS)


def test_public_addresses_of_both_kinds_have_a_country():
    found = places("8.8.8.8", "2001:4860:4860::8888")
    us = (
        "US",
        "United States",
        countries()["US"].latitude,
        countries()["US"].longitude,
        "North America",
        None,
    )
    assert found == {("8.8.8.8",): us, ("2001:4860:4860::8888",): us}


def test_mapped_ipv4_address_is_read_as_ipv4():
    assert places("::ffff:8.8.8.8")[("::ffff:8.8.8.8",)][0] == "US"


def test_private_unknown_malformed_and_missing_addresses_have_no_place():
    assert places("10.0.0.1", "127.0.0.1", "fe80::1", "no address", "", None) == {}


def test_every_country_of_the_file_has_a_label_point():
    for code in ("US", "IN", "IR", "TW", "GB", "FR", "DE", "CU", "KP", "SY"):
        assert -90 <= countries()[code].latitude <= 90 and -180 <= countries()[code].longitude <= 180


def test_city_file_of_nested_records_gives_city_and_exact_point():
    record = {
        "country": {"iso_code": "DE", "names": {"en": "Germany"}},
        "city": {"names": {"en": "Berlin"}},
        "subdivisions": [{"names": {"en": "Land Berlin"}}],
        "location": {"latitude": 52.5196123, "longitude": 13.4069},
        "postal": {"code": "10178"},
    }
    place = _place(record)
    assert (place["city"], place["state"], place["latitude"], place["postal_code"]) == (
        "Berlin",
        "Land Berlin",
        52.51961,
        "10178",
    )


def test_table_matches_in_any_case_and_the_last_row_of_a_key_counts():
    table = LookupTable(
        {"Code": TEXT, "why": TEXT}, [{"Code": "ir", "why": "old"}, {"Code": "IR", "why": "new"}]
    )
    lookups = Lookups(tables=lambda path: table if path == "path:///Library/a" else None)
    assert lookups.answers("path:///Library/a", ["code"], [("Ir",), ("DE",), (None,)], ["why"]) == {
        ("Ir",): ("new",)
    }


def test_missing_table_is_a_problem():
    with pytest.raises(ProblemError, match="no lookup table"):
        Lookups().source("path:///Library/b")
