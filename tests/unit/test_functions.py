"""Every function's example and the documented results, in the reference implementation and in chDB."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from both_engines import ChDb, expression, reference, same, select

from dohyo.functions.table import all_functions, function_named

DOCUMENTED = {
    'substring("Hello world!", 6)': "world!",
    'substring("Sumo Logic", 0, 4)': "Sumo",
    'substring("Sumo Logic", 0, 100)': "Sumo Logic",
    'concat("a", null, 4)': "a4",
    'decToHex("4919")': "1337",
    'hexToDec("0000000000001337")': 4919,
    'parseHex("12D230")': 1233456,
    'getCIDRPrefix("10.10.1.35","24")': "10.10.1.0",
    'getCIDRPrefix("10.10.1.35","27")': "10.10.1.32",
    'getCIDRPrefix("10.10.1.35","29")': "10.10.1.32",
    'compareCIDRPrefix("10.10.1.32","10.10.1.60","27")': True,
    'maskFromCIDR("29")': "255.255.255.248",
    'maskFromCIDR("24")': "255.255.255.0",
    'isPrivateIP("127.0.0.1")': False,
    'isPrivateIP("192.168.0.1")': True,
    'isReservedIP("127.0.0.0")': True,
    'isReservedIP("169.254.0.0")': True,
    'isReservedIP("192.0.0.0")': True,
    'isValidIP("127.0.500.1")': False,
    'isNumeric("1.56")': True,
    'isNumeric("1e5")': True,
    'isNumeric("09")': False,
    'isNumeric("")': False,
    "round(1.549, 2)": 1.55,
    "ceil(-1.5)": -1,
    "floor(-1.5)": -2,
    "52 * 6 - 2": 310,
    "52 * (6 - 2)": 208,
    "15 - -5": 20,
    "334 % 10": 4,
    "round(haversine(39.04380, -77.48790, 45.73723, -119.81143), 2)": 3512.71,
    'base64Encode("hello world")': "aGVsbG8gd29ybGQ=",
    'trim(" Hello World  ")': "Hello World",
    'base64Decode("AGEA/A==", "UTF-16BE")': "aü",
    'base64Decode("YfyA", "iso-8859-1")': "aü\x80",
    'base64Decode("YfyA")': "YfyA",
    'base64Decode("no base64", "utf-16")': "no base64",
    'replace("http://x/flight/12345678/cert", /(flight)\\/([0-9]{5,})/, "new-$2-url")': "http://x/new-12345678-url/cert",
    'format("$%,.2f", 1234.5)': "$1,234.50",
    'parseDate("2019-11-18T19:00:00.000-08:00", "yyyy-MM-dd\'T\'HH:mm:ss.SSSXXX")': 1574132400000,
    "length(null)": 0,
    "jsonArraySize(null)": -1,
    'jsonArraySize("[1, 2, 3]")': 3,
    "1.5s": 1500,
    "1Ki": 1024,
    "2k": 2000,
    '"abc" matches "a*"': True,
    '"abc" matches "A*"': False,
    '"abc" = "a*"': False,
    "3 = 3": True,
    "!false": True,
    # value model and null tests
    "isNull(null)": True,
    "isEmpty(null)": True,
    "isBlank(null)": True,
    'isNull("")': False,
    'isEmpty("")': True,
    'isBlank("")': True,
    'isEmpty(" ")': False,
    'isBlank(" ")': True,
    'isBlank("bob")': False,
    '!(null matches "a*")': True,
    'null = "a"': False,
    'null in ("a")': False,
    'toLowerCase(null)': None,
    'replace("a", "b", null)': None,
    "1 + null": None,
    'isInfinity(1 / 0)': True,
    'num("1.5") + "2"': 3.5,
    'num("abc")': None,
    'toLong("1574132400000")': 1574132400000,
    'contains("", "")': True,
    'contains("a", "")': False,
    'concat(3, "")': "3",
    'concat(3.5, "")': "3.5",
    'concat(6 / 2, "")': "3",
    'if ("*" = "*", true, "x" matches "*")': True,
    'formatDate(1574132400123, "MM-dd\'T\'HH:mm:ss.SSSZ", "America/Los_Angeles")': "11-18T19:00:00.123-0800",
    'formatDate(1574132400123, "EEE, d MMM yy h:mm a XXX")': "Tue, 19 Nov 19 3:00 AM Z",
    'formatDate(1574132400123, "MM-dd-yyyy", "Asia/Tokyo")': "11-19-2019",
    "queryEndTime() - queryStartTime()": 100_000_000,
    'hash("a", "sha1")': "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8",
    'urldecode(urlencode("a b&ü/"))': "a b&ü/",
    'tourl("javascript:x", "a")': "a",
    'tourl("https://x.example/a", "<b>")': '<a href="https://x.example/a" target="_blank">&lt;b&gt;</a>',
}  # fmt: skip


@pytest.fixture(scope="module")
def chdb():
    engine = ChDb()
    yield engine
    engine.close()


def test_documented_results_hold_in_both_engines(chdb):
    nodes = [expression(source) for source in DOCUMENTED]
    here = {s: reference(node) for s, node in zip(DOCUMENTED, nodes, strict=True)}
    assert {s: v for s, v in here.items() if not same(v, DOCUMENTED[s])} == {}
    there = dict(zip(DOCUMENTED, chdb.rows(select(nodes))[0], strict=True))
    assert {s: v for s, v in there.items() if not same(v, DOCUMENTED[s])} == {}


def test_every_example_is_true_in_both_engines(chdb):
    examples = [f.example for f in all_functions() if f.example]
    nodes = [expression(source) for source in examples]
    assert [s for s, node in zip(examples, nodes, strict=True) if reference(node) is not True] == []
    assert [s for s, v in zip(examples, chdb.rows(select(nodes))[0], strict=True) if v is not True] == []


CATALOGUE = """
concat format length substring replace toLowerCase toUpperCase trim contains base64Encode
base64Decode urlencode urldecode hexToAscii tourl hash isNumeric luhn jsonArraySize
jsonArrayContains num number toLong toInt double toString decToHex hexToDec parseHex abs acos asin
atan atan2 cbrt ceil cos cosh exp expm1 floor hypot log log1p log10 max min pow round signum sin
sinh sqrt tan tanh toDegrees toRadians isNaN isInfinity isNull isEmpty isBlank now formatDate
parseDate queryStartTime queryEndTime queryTimeRange toMillis fromMillis isValidIP isValidIPv4
isValidIPv6 isPrivateIP isPublicIP isReservedIP ipv4ToNumber getCIDRPrefix compareCIDRPrefix
maskFromCIDR haversine if
"""


def test_every_published_function_can_be_called_in_any_case():
    named = {
        spelling: function_named(spelling) for name in CATALOGUE.split() for spelling in (name, name.upper())
    }
    assert [name for name, function in named.items() if function is None] == []


def test_every_function_that_can_be_called_has_help_and_an_example():
    assert [f.name for f in all_functions() if not f.hidden and not (f.help and f.example)] == []
