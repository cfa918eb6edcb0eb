"""Include, exclude, hash and mask."""

import hashlib
import time

import pytest
from pydantic import ValidationError

from dohyo.collect.processing_rules import Filter, ProcessingRules


def rules(*filters: tuple, algorithm="MD5") -> ProcessingRules:
    return ProcessingRules(
        [
            Filter(filterType=kind, name=f"rule {number}", regexp=regexp, mask=mask[0] if mask else None)
            for number, (kind, regexp, *mask) in enumerate(filters)
        ],
        algorithm,
    )


def kept(applied: ProcessingRules, *messages: str) -> list[str]:
    return [one for one, stays in zip(messages, applied.keeps(messages), strict=True) if stays]


def test_include_and_exclude_match_the_whole_message():
    assert kept(rules(("Exclude", "DEBUG")), "DEBUG", "DEBUG x") == ["DEBUG x"]
    assert kept(rules(("Include", "DEBUG.*")), "DEBUG x", "a DEBUG x") == ["DEBUG x"]
    assert kept(rules(("Exclude", ".*b.*")), "a\nb") == ["a\nb"]
    assert kept(rules(("Exclude", "(?s).*b.*")), "a\nb") == []


def test_exclude_wins_over_include_and_one_include_is_enough():
    both = rules(("Include", "a.*"), ("Include", "b.*"), ("Exclude", ".*x"))
    assert kept(both, "a", "b", "c", "ax") == ["a", "b"]


def test_mask_replaces_every_group_of_every_match():
    masked = rules(("Mask", r'(?i)password="?(\w+)|pin=(\d)(\d)', "***")).rewritten(
        ['password="abc" PASSWORD=q pin=12 é', "none", "password=ä"]
    )
    assert masked == ['password="***" PASSWORD=*** pin=****** é', "none", "password=ä"]


@pytest.mark.parametrize(
    ("regexp", "text", "masked"),
    [
        (r"^(\d)", "123", "#23"),
        (r"(\d)$", "123", "12#"),
        (r"\b(\w)\w*", "ab cd", "#b #d"),
        (r"\B(\d)", "12", "1#"),
        (r"((a)b)c", "abc", "#c"),
        (r"[(](\w)[)]", "(a)", "(#)"),
        (r"x(?:y(z))?", "xyz x", "xy# x"),
        (r"\Q(\E(\w)", "(q", "(#"),
        (r"[^]()](b)", "ab", "a#"),
        (r"(?P<secret>\d)z", "1z", "#z"),
        (r"é(.)é", "éxé ü", "é#é ü"),
    ],
)
def test_mask_changes_the_group_alone(regexp, text, masked):
    assert rules(("Mask", regexp, "#")).rewritten([text]) == [masked]


def test_hash_is_the_digest_of_the_group():
    for algorithm, name in (("MD5", "md5"), ("SHA-256", "sha256")):
        digest = hashlib.new(name, b"j\xc3\xb6").hexdigest()
        assert rules(("Hash", "user=([^ ]+)", None), algorithm=algorithm).rewritten(["user=jö x"]) == [
            f"user={digest} x"
        ]


def test_mask_text_is_taken_as_it_is():
    assert rules(("Mask", "(a)", r"\1 $0 \\")).rewritten(["bab"]) == [r"b\1 $0 \\b"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"filterType": "Forward", "regexp": ".*"}, "cannot be forwarded"),
        ({"filterType": "Mask", "regexp": "(a)"}, "needs the mask"),
        ({"filterType": "Mask", "regexp": "a", "mask": "#"}, "group in parentheses"),
        ({"filterType": "Hash", "regexp": r"\(a\)"}, "group in parentheses"),
        ({"filterType": "Include", "regexp": "(a"}, "RE2 cannot run"),
        ({"filterType": "Include", "regexp": "(?=a)"}, "RE2 cannot run"),
        ({"filterType": "include", "regexp": "a"}, "Exclude"),
        ({"filterType": "Include", "regexp": "x" * 20_000}, "at most 16,384"),
    ],
)
def test_wrong_rule_is_refused(given, words):
    with pytest.raises(ValidationError, match=words):
        Filter(name="rule", **given)


def test_hostile_expression_and_message_take_linear_time():
    """Python's own expressions would need years for this."""
    hostile = rules(("Exclude", "(a+)+b"), ("Mask", "(a|aa)+c", "#"))
    begun = time.perf_counter()
    message = "a" * 1_000_000
    assert kept(hostile, message) == [message]
    assert hostile.rewritten([message]) == [message]
    assert time.perf_counter() - begun < 5
