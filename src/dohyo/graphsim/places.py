"""Public address ranges by country, for addresses that a country database can place."""

from __future__ import annotations

from functools import cache
from ipaddress import ip_network

from dohyo.graphsim.dice import Dice

# How often a country comes up, then ranges its operators hold.
RANGES: dict[str, tuple[int, tuple[str, ...]]] = {
    "US": (
        16,
        ("73.0.0.0/8", "24.16.0.0/13", "8.8.8.0/24", "50.128.0.0/11", "2600:1700::/28", "2001:4860::/32"),
    ),
    "DE": (7, ("91.0.0.0/10", "79.192.0.0/10", "2003::/19")),
    "GB": (7, ("81.128.0.0/12", "86.128.0.0/11", "2a00:23c0::/28")),
    "FR": (5, ("90.0.0.0/9", "86.192.0.0/11")),
    "IN": (8, ("49.36.0.0/14", "117.192.0.0/10", "2405:200::/32")),
    "CN": (6, ("114.80.0.0/12", "36.96.0.0/11", "240e::/20")),
    "BR": (5, ("177.128.0.0/12", "179.208.0.0/12")),
    "RU": (5, ("95.24.0.0/13", "178.64.0.0/13", "5.136.0.0/13")),
    "JP": (4, ("126.0.0.0/8", "60.32.0.0/12")),
    "NG": (4, ("105.112.0.0/12", "197.210.0.0/16")),
    "NL": (3, ("84.24.0.0/13", "86.80.0.0/12")),
    "AU": (3, ("1.120.0.0/13", "101.160.0.0/11")),
    "CA": (3, ("24.64.0.0/13", "70.24.0.0/13")),
    "UA": (3, ("37.52.0.0/14", "46.118.0.0/15")),
    "IR": (3, ("151.232.0.0/14", "2.176.0.0/12")),
    "VN": (3, ("14.160.0.0/11", "113.160.0.0/11")),
    "ZA": (2, ("105.224.0.0/14", "196.208.0.0/13")),
    "EG": (2, ("41.32.0.0/12", "156.192.0.0/11")),
    "TR": (2, ("78.160.0.0/11", "88.224.0.0/11")),
    "IT": (2, ("79.0.0.0/10", "87.0.0.0/12")),
    "ES": (2, ("83.32.0.0/11", "88.0.0.0/11")),
    "PL": (2, ("83.0.0.0/11", "79.184.0.0/13")),
    "RO": (2, ("188.24.0.0/14", "86.120.0.0/13")),
    "SE": (2, ("78.64.0.0/12", "90.224.0.0/12")),
    "KR": (2, ("14.32.0.0/11", "175.192.0.0/10")),
    "ID": (2, ("36.64.0.0/11", "180.240.0.0/12")),
    "MX": (2, ("187.188.0.0/14", "201.96.0.0/11")),
    "TH": (1, ("171.96.0.0/13", "49.228.0.0/14")),
    "PH": (1, ("49.144.0.0/13", "122.52.0.0/15")),
    "MY": (1, ("175.136.0.0/13", "60.48.0.0/14")),
    "HK": (1, ("219.76.0.0/14", "112.118.0.0/15")),
    "TW": (1, ("1.160.0.0/12", "114.32.0.0/12")),
    "PK": (2, ("39.32.0.0/11", "182.176.0.0/12")),
    "IL": (1, ("79.176.0.0/13", "84.108.0.0/14")),
    "AE": (1, ("2.48.0.0/14", "94.200.0.0/13")),
    "MA": (1, ("105.128.0.0/11", "41.140.0.0/14")),
    "AR": (1, ("181.0.0.0/12", "186.136.0.0/13")),
    "CL": (1, ("190.20.0.0/15",)),
    "KE": (2, ("105.160.0.0/13", "41.80.0.0/15")),
    "CO": (1, ("186.144.0.0/14", "181.48.0.0/13")),
    "SA": (1, ("188.48.0.0/13",)),
    "SG": (2, ("116.86.0.0/15", "52.163.0.0/16")),
    "NZ": (1, ("122.56.0.0/14",)),
    "CU": (1, ("152.206.0.0/15", "200.55.128.0/18")),
    "KP": (1, ("175.45.176.0/22",)),
    "SY": (2, ("5.0.0.0/16", "188.160.0.0/16")),
}
COUNTRIES = tuple(code for code, (weight, _) in RANGES.items() for _ in range(weight))
# Private, documentation and link-local addresses: no database knows where they are.
NOWHERE = (
    "10.0.0.7", "10.20.30.40", "192.168.1.23", "172.16.9.9", "192.0.2.44", "198.51.100.17", "203.0.113.200",
    "100.64.3.2", "fd00::1f:9", "fe80::1", "2001:db8::5c",
)  # fmt: skip
HOSTS = 8


@cache
def addresses(country: str) -> tuple[str, ...]:
    """Eight addresses of each of the country's ranges, always the same ones."""
    found = []
    for text in RANGES[country][1]:
        network = ip_network(text)
        step = network.num_addresses // (HOSTS + 1)
        found += [str(network[step * (n + 1) + n % 3]) for n in range(HOSTS)]
    return tuple(found)


def public_address(dice: Dice) -> tuple[str, str]:
    """An address that a database can place, and its country (ISO 3166 alpha-2)."""
    country = dice.pick(COUNTRIES)
    return dice.pick_early(addresses(country)), country


def address(dice: Dice) -> tuple[str | None, str | None]:
    """Mostly a public address with its country; now and then without address, place or country."""
    roll = dice.roll()
    if roll < 0.06:
        return dice.pick(NOWHERE), None
    if roll < 0.075:
        return None, dice.pick(COUNTRIES)
    text, country = public_address(dice)
    return text, None if roll < 0.13 else country
