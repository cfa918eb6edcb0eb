"""HTTP sources in the registry: settings, upload address, refusals."""

import pytest

from dohyo.access.secrets import SecretBox
from dohyo.collect.refusals import Refused
from dohyo.collect.registry import Registry
from dohyo.collect.shapes import etag_of
from dohyo.collect.upload_addresses import source_of_token
from dohyo.metadata.db import open_metadata

BODY = {
    "name": "Web",
    "sourceType": "HTTP",
    "category": "prod/web",
    "messagePerRequest": False,
    "fields": {"team": "blue"},
    "filters": [{"filterType": "Exclude", "name": "debug", "regexp": ".*DEBUG.*"}],
    "defaultDateFormats": [{"format": "epoch", "locator": "t=(\\d+)"}],
}


@pytest.fixture
def metadata(tmp_path):
    return open_metadata(tmp_path)


@pytest.fixture
def registry(metadata, tmp_path):
    return Registry(metadata, SecretBox(tmp_path))


@pytest.fixture
def collector(registry):
    return registry.create_collector({"name": "Labs"})


def refusal(call, *args) -> Refused:
    with pytest.raises(Refused) as refused:
        call(*args)
    return refused.value


def found_by(metadata, token: str) -> int | None:
    with metadata() as session:
        source = source_of_token(session, token)
        return source and source.id


def test_source_reads_back_whole_with_its_address(registry, collector, metadata):
    made = registry.create_source(collector.id, BODY)
    shown = registry.source_json(made, root="https://logs.example/")
    token = shown["token"]
    assert len(token) == 88 and token.endswith("==")
    assert found_by(metadata, token) == made.id
    assert shown == {
        **BODY,
        "id": made.id,
        "description": None,
        "hostName": None,
        "timeZone": None,
        "forceTimeZone": False,
        "automaticDateParsing": True,
        "multilineProcessingEnabled": True,
        "useAutolineMatching": True,
        "manualPrefixRegexp": None,
        "hashAlgorithm": "MD5",
        "cutoffTimestamp": 0,
        "cutoffRelativeTime": None,
        "encoding": "UTF-8",
        "timestampPastDays": 365,
        "timestampFutureDays": 2,
        "alive": True,
        "token": token,
        "url": f"https://logs.example/receiver/v1/http/{token}",
        "baseUrl": "https://logs.example/receiver/v1/http/",
    }


def test_download_can_be_posted_again_and_shows_no_address(registry, collector):
    made = registry.create_source(collector.id, BODY)
    download = registry.source_json(made, download=True)
    assert not {"id", "alive", "url", "token", "baseUrl"} & set(download)
    again = registry.create_source(collector.id, download | {"name": "Web 2"})
    assert registry.source_json(again, download=True) == download | {"name": "Web 2"}


def test_change_of_the_whole_object_keeps_the_address(registry, collector):
    made = registry.create_source(collector.id, BODY)
    shown = registry.source_json(made)
    changed = registry.replace_source(collector.id, made.id, shown | {"category": "x"}, etag_of(made))
    assert registry.source_json(changed) == shown | {"category": "x"}
    assert refusal(registry.replace_source, collector.id, made.id, shown, etag_of(made)).status == 412


def test_renewed_address_makes_the_old_one_unknown(registry, collector, metadata):
    made = registry.create_source(collector.id, BODY)
    old = registry.source_json(made)["token"]
    new = registry.source_json(registry.renew_url(collector.id, made.id))["token"]
    assert (found_by(metadata, old), found_by(metadata, new)) == (None, made.id)


def test_address_of_a_deleted_source_is_unknown_at_once(registry, collector, metadata):
    made = registry.create_source(collector.id, BODY)
    token = registry.source_json(made)["token"]
    registry.delete_source(collector.id, made.id)
    assert found_by(metadata, token) is None


def test_token_is_found_with_its_last_signs_escaped_or_cut(registry, collector, metadata):
    made = registry.create_source(collector.id, BODY)
    token = registry.source_json(made)["token"]
    assert (
        found_by(metadata, token.rstrip("=") + "%3D%3D") == found_by(metadata, token.rstrip("=")) == made.id
    )
    assert found_by(metadata, token[:-3]) is None


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"name": None}, "name", "a value is needed"),
        ({"messagePerRequest": True}, "", "needs multilineProcessingEnabled false"),
        ({"useAutolineMatching": False}, "", "needs manualPrefixRegexp"),
        ({"useAutolineMatching": False, "manualPrefixRegexp": "("}, "", "RE2 cannot run"),
        ({"timeZone": "Mars"}, "timeZone", "time zone database"),
        ({"encoding": "base64"}, "encoding", "no encoding of text"),
        ({"cutoffRelativeTime": "1h"}, "cutoffRelativeTime", "such as -1h"),
        ({"fields": {f"f{n}": "x" for n in range(11)}}, "fields", "at most 10 fields"),
        ({"fields": {"a": "x" * 201}}, "fields", "200 in its value"),
        ({"filters": [{"filterType": "Forward", "name": "x", "regexp": "x"}]},
         "filters.0.filterType", "forwarded"),
        ({"defaultDateFormats": [{"format": "QQ"}]}, "defaultDateFormats.0", "no part of a time"),
        ({"thirdPartyRef": {"resources": []}}, "thirdPartyRef", "only plain HTTP Logs"),
        ({"hashAlgorithm": "CRC"}, "hashAlgorithm", "SHA-256"),
    ],
)  # fmt: skip
def test_bad_setting_is_refused_by_its_name(registry, collector, changes, field, words):
    refused = refusal(registry.create_source, collector.id, BODY | changes)
    assert (refused.status, len(refused.problems)) == (400, 1)
    assert refused.problems[0].message.startswith(field)
    assert words in refused.problems[0].message
    assert registry.list_sources(collector.id) == []


def test_type_of_a_source_cannot_change(registry, collector):
    made = registry.create_source(collector.id, BODY)
    schema = {"sourceType": "Universal", "schemaRef": {"type": "Microsoft Graph Security API"}}
    refused = refusal(registry.replace_source, collector.id, made.id, BODY | schema, etag_of(made))
    assert refused.code == "collectors.source.type.invalid"
