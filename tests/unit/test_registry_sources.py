"""Sources in the registry: settings, secrets, refusals."""

import pytest
from sqlalchemy import select

from dohyo.access.secrets import SecretBox
from dohyo.collect.overview import source_overview
from dohyo.collect.refusals import Refused
from dohyo.collect.registry import Registry
from dohyo.collect.shapes import etag_of
from dohyo.metadata.collection import Source, SourceSecret
from dohyo.metadata.db import open_metadata

CONFIG = {
    "name": "Graph Security",
    "category": "Labs/MicrosoftGraphSecurity",
    "tenant_id": "0f0e-1",
    "application_id": "a1",
    "secret_key": "the secret",
    "azure_gov": False,
    "polling_interval": 5,
    "fields": {"_siemForward": False},
}


def body(**changes) -> dict:
    config = {key: value for key, value in (CONFIG | changes).items() if value != "absent"}
    return {
        "sourceType": "Universal",
        "schemaRef": {"type": "Microsoft Graph Security API", "version": "latest"},
        "state": {"state": "Collecting"},
        "config": config,
    }


@pytest.fixture
def metadata(tmp_path):
    return open_metadata(tmp_path)


@pytest.fixture
def registry(metadata, tmp_path):
    return Registry(metadata, SecretBox(tmp_path))


@pytest.fixture
def collector(registry):
    return registry.create_collector({"name": "Labs", "category": "Labs"})


def refusal(call, *args) -> Refused:
    with pytest.raises(Refused) as refused:
        call(*args)
    return refused.value


def test_source_reads_back_with_its_secret_masked(registry, collector):
    made = registry.create_source(collector.id, body())
    shown = registry.source_json(registry.get_source(collector.id, made.id))
    assert shown["config"] == CONFIG | {"secret_key": "********"}
    assert shown["state"] == {"state": "Pending"}
    assert (shown["name"], shown["category"]) == (CONFIG["name"], CONFIG["category"])
    assert shown["schemaRef"] == {"type": "Microsoft Graph Security API", "version": "2.0.0"}
    download = registry.source_json(made, download=True)
    assert not {"id", "alive", "state"} & set(download)


def test_secret_lies_encrypted_in_the_database(registry, collector, metadata):
    made = registry.create_source(collector.id, body())
    with metadata() as session:
        assert "the secret" not in str(session.scalars(select(Source.config)).all())
        assert "the secret" not in session.scalars(select(SourceSecret.ciphertext)).one()
    assert registry.settings_of(made.id)[1].secret_key == "the secret"


def test_masked_secret_of_a_change_keeps_the_stored_one(registry, collector):
    made = registry.create_source(collector.id, body())
    masked = body(secret_key="********", tenant_id="********", polling_interval=10)
    changed = registry.replace_source(collector.id, made.id, masked, etag_of(made))
    settings = registry.settings_of(made.id)[1]
    assert (settings.secret_key, settings.tenant_id, settings.polling_interval) == (
        "the secret",
        "0f0e-1",
        10,
    )
    registry.replace_source(collector.id, made.id, body(secret_key="new one"), etag_of(changed))
    assert registry.settings_of(made.id)[1].secret_key == "new one"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"polling_interval": 0}, "config.polling_interval", "greater than or equal to 1"),
        ({"polling_interval": 1441}, "config.polling_interval", "less than or equal to 1440"),
        ({"polling_interval": "5"}, "config.polling_interval", "integer"),
        ({"polling_interval": True}, "config.polling_interval", "integer"),
        ({"secret_key": "absent"}, "config.secret_key", "a value is needed"),
        ({"secret_key": "********"}, "config.secret_key", "a value is needed"),
        ({"secret_key": ""}, "config.secret_key", "at least 1 character"),
        ({"tenant_id": "a b/c"}, "config.tenant_id", "letters, digits"),
        ({"backfill_days": -1}, "config.backfill_days", "greater than or equal to 0"),
        ({"cloud": "moon"}, "config.cloud", "us_gov_dod"),
        ({"cloud": "custom"}, "config: ", "needs graph_root and authority"),
        ({"graph_root": "https://x"}, "config: ", "for cloud custom"),
        (
            {"cloud": "custom", "graph_root": "http://x", "authority": "https://x"},
            "config.graph_root",
            "https://",
        ),
        ({"cloud": "china", "azure_gov": True}, "config: ", "azure_gov means cloud us_gov"),
        ({"name": " "}, "config.name", "a name is needed"),
        ({"poling_interval": 5}, "config.poling_interval", "no such setting"),
    ],
)
def test_bad_setting_is_refused_by_its_name(registry, collector, changes, field, words):
    refused = refusal(registry.create_source, collector.id, body(**changes))
    assert refused.status == 400
    assert refused.problems[0].message.startswith(field)
    assert words in refused.problems[0].message
    assert registry.list_sources(collector.id) == []


def test_misspelt_setting_gets_the_right_spelling(registry, collector):
    refused = refusal(registry.create_source, collector.id, body(poling_interval=5))
    assert refused.problems[0].hints == ("the setting is named polling_interval",)


def test_every_wrong_setting_is_told_at_once(registry, collector):
    refused = refusal(registry.create_source, collector.id, body(polling_interval=0, tenant_id="absent"))
    assert len(refused.problems) == 2


def test_name_is_unique_in_its_collector_only(registry, collector):
    registry.create_source(collector.id, body())
    assert (
        refusal(registry.create_source, collector.id, body()).code == "collectors.validation.name.duplicate"
    )
    other = registry.create_collector({"name": "Other"})
    assert registry.create_source(other.id, body()).name == CONFIG["name"]


@pytest.mark.parametrize(
    "wrong",
    [{"sourceType": "Polling"}, {"schemaRef": {"type": "Okta"}}, {"schemaRef": None}, {"sourceType": None}],
)
def test_source_of_a_type_that_is_not_built_is_refused(registry, collector, wrong):
    assert (
        refusal(registry.create_source, collector.id, body() | wrong).code == "collectors.source.type.invalid"
    )


def test_source_is_found_only_below_its_own_collector(registry, collector):
    made = registry.create_source(collector.id, body())
    other = registry.create_collector({"name": "Other"})
    assert refusal(registry.get_source, other.id, made.id).code == "collectors.source.invalid"


def test_deleted_source_is_stopping_until_its_task_has_ended(registry, collector, metadata):
    made = registry.create_source(collector.id, body())
    registry.delete_source(collector.id, made.id)
    shown = registry.source_json(registry.get_source(collector.id, made.id))
    assert shown["state"] == {"state": "Stopping"}
    assert source_overview(metadata)[0]["state"] == "Stopping"


def test_clouds_have_their_own_addresses(registry, collector):
    made = registry.create_source(collector.id, body(azure_gov=True))
    settings = registry.settings_of(made.id)[1]
    assert settings.roots == ("https://graph.microsoft.us", "https://login.microsoftonline.us")


def test_forwarding_to_siem_adds_the_published_fields(registry, collector):
    fields = {"_siemForward": True, "team": "blue"}
    made = registry.create_source(collector.id, body(fields=fields))
    assert registry.settings_of(made.id)[1].message_fields == {
        "team": "blue",
        "_siemForward": "true",
        "_siemVendor": "Microsoft",
        "_siemProduct": "Graph Security API",
        "_siemFormat": "JSON",
    }
