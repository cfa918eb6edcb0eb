"""Places of addresses and lookup tables."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import small_mmdb

from dohyo.base.problem import ProblemError
from dohyo.ops.sources import ASN, GEO
from dohyo.plan.nodes import LookupTable
from dohyo.plan.types import TEXT
from dohyo.search.lookups import Lookups, _place, countries
from dohyo.search.threats import Threats

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


def test_missing_table_has_no_answers():
    assert Lookups().answers("path:///Library/b", ["code"], [("IR",)], ["why"]) == {}


def test_autonomous_systems_need_a_database(tmp_path):
    for file in (None, tmp_path / "absent.mmdb"):
        with pytest.raises(ProblemError, match="no database of autonomous systems"):
            Lookups(asn_file=file).answers(ASN, ["ip"], [("8.8.8.8",)], ["asn"])


def test_databases_of_autonomous_systems_of_both_kinds_are_read(tmp_path):
    networks = {
        "8.8.8.0/24": {"autonomous_system_number": 15169, "autonomous_system_organization": "GOOGLE"},
        "1.1.0.0/16": {"asn": "AS13335", "organization": "CLOUDFLARE"},
    }
    lookups = Lookups(asn_file=small_mmdb.write(tmp_path / "asn.mmdb", networks))
    keys = [("8.8.8.8",), ("1.1.1.1",), ("9.9.9.9",), ("10.0.0.1",), (None,)]
    columns = ["asn", "Organization", "carrier_organization"]
    assert lookups.answers(ASN, ["ip"], keys, columns) == {
        ("8.8.8.8",): (15169, "GOOGLE", "GOOGLE"),
        ("1.1.1.1",): (13335, "CLOUDFLARE", "CLOUDFLARE"),
    }


def test_threats_are_told_by_whatever_their_columns_are_called():
    rows = [{"IP": "1.2.3.4", "actor": "FOX", "malicious_confidence": "High", "updated": None}]
    table = LookupTable(dict.fromkeys(rows[0], TEXT), rows)
    found = Threats(table).answers(
        ["threat"], [("1.2.3.4",), ("9.9.9.9",), (None,)], ["actor", "threatlevel"]
    )
    assert found == {("1.2.3.4",): ("FOX", "High")}
