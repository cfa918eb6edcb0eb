"""Collectors in the registry."""

import pytest

from dohyo.access.secrets import SecretBox
from dohyo.collect.refusals import Refused
from dohyo.collect.registry import Registry
from dohyo.collect.shapes import collector_json, etag_of
from dohyo.metadata.db import open_metadata


@pytest.fixture
def registry(tmp_path):
    return Registry(open_metadata(tmp_path), SecretBox(tmp_path))


def refusal(call, *args) -> tuple[int, str]:
    with pytest.raises(Refused) as refused:
        call(*args)
    return refused.value.status, refused.value.code


def test_collector_reads_back_as_it_was_made(registry):
    body = {
        "collectorType": "Hosted",
        "name": "Labs",
        "category": "x/y",
        "fields": {"team": "blue"},
        "description": None,
    }
    made = registry.create_collector(body | {"alive": False, "links": []})
    shown = collector_json(registry.get_collector(made.id))
    assert {key: shown[key] for key in body} == body
    assert shown["links"] == [{"rel": "sources", "href": f"/v1/collectors/{made.id}/sources"}]
    assert (shown["alive"], shown["timeZone"]) == (True, "UTC")
    assert registry.find_collector("Labs").id == made.id


def test_number_of_a_deleted_collector_is_not_used_again(registry):
    first = registry.create_collector({"name": "Labs"})
    registry.delete_collector(first.id)
    assert registry.create_collector({"name": "Labs"}).id > first.id


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "collectors.validation.fields.missing"),
        ({"name": ""}, "collectors.validation.fields.invalid"),
        ({"name": "x" * 129}, "collectors.validation.fields.invalid"),
        ({"name": "a", "timeZone": "Mars/Base"}, "collectors.validation.fields.invalid"),
        ({"name": "a", "fields": {"n": 7}}, "collectors.validation.fields.invalid"),
        ({"name": "Labs"}, "collectors.validation.name.duplicate"),
        ({"name": "a", "collectorType": "Installable"}, "collectors.collector.type.invalid"),
    ],
)
def test_bad_collector_is_refused_with_the_published_code(registry, body, code):
    registry.create_collector({"name": "Labs"})
    assert refusal(registry.create_collector, body) == (400, code)
    assert len(registry.list_collectors()) == 1


def test_change_needs_the_present_etag(registry):
    made = registry.create_collector({"name": "Labs"})
    assert refusal(registry.replace_collector, made.id, {"name": "b"}, None) == (
        403,
        "service.ifthen.missing",
    )
    assert refusal(registry.replace_collector, made.id, {"name": "b"}, "abc") == (
        400,
        "service.ifthen.notquoted",
    )
    changed = registry.replace_collector(made.id, {"name": "b"}, etag_of(made))
    assert changed.name == "b"
    assert refusal(registry.replace_collector, made.id, {"name": "c"}, etag_of(made)) == (
        412,
        "service.etagid.mismatch",
    )
    assert etag_of(changed) == etag_of(registry.get_collector(made.id))


def test_unknown_collector_is_not_found(registry):
    assert refusal(registry.get_collector, 7) == (404, "collectors.collector.invalid")
    assert refusal(registry.find_collector, "x") == (404, "collectors.collector.invalid")
    assert refusal(registry.delete_collector, 7) == (404, "collectors.collector.invalid")
