"""The stand-in answers as the service's documentation says: sign-in, filters, pages, limits, faults."""

import itertools
import json
import ssl

import httpx
import pytest

from dohyo.graphsim import enums
from dohyo.graphsim.alerts import Plan, alert_text, every_alert, versions_of
from dohyo.graphsim.faults import Fault
from dohyo.graphsim.filters import FilterError, read_filter
from dohyo.graphsim.running import running
from dohyo.graphsim.signin import issued_token
from dohyo.graphsim.stamps import ticks
from dohyo.graphsim.tenant import Settings
from dohyo.graphsim.throttle import Throttle

NOW_MS = 1_764_000_000_000
QUIET = Settings(alerts=250, seed=7, arrivals_s=None, requests_per_minute=10_000)
ALERTS = "/v1.0/security/alerts_v2"


@pytest.fixture
def stand_in(tmp_path):
    with running(QUIET, tmp_path) as started:
        yield started


@pytest.fixture
def client(stand_in):
    context = ssl.create_default_context(cafile=str(stand_in.ca_file))
    token = issued_token(stand_in.tenant.registration, stand_in.root)
    headers = {"Authorization": f"Bearer {token}", "Prefer": "include-unknown-enum-members"}
    with httpx.Client(base_url=stand_in.root, verify=context, headers=headers) as opened:
        yield opened


def ids(answer):
    return [alert["id"] for alert in answer.json()["value"]]


# The alerts


def test_same_seed_gives_same_alerts():
    plan = Plan(seed=3, count=50, now_ms=NOW_MS)
    assert [alert_text(alert) for alert in every_alert(plan)] == [
        alert_text(alert) for alert in every_alert(plan)
    ]


def test_alert_is_the_same_whatever_was_made_before_it():
    plan = Plan(seed=3, count=50, now_ms=NOW_MS)
    assert versions_of(plan, 49)[-1] == list(every_alert(plan))[49]


def test_one_alert_in_nine_comes_from_cloud_apps():
    alerts = every_alert(Plan(seed=3, count=900, now_ms=NOW_MS, cloud_apps_share=1 / 9))
    assert sum(alert["serviceSource"] == enums.CLOUD_APPS for alert in alerts) == 100


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("status", enums.STATUS),
        ("severity", enums.SEVERITY),
        ("classification", enums.CLASSIFICATION[:4]),
        ("determination", enums.DETERMINATION),
        ("serviceSource", enums.SERVICE_SOURCE),
        ("detectionSource", enums.DETECTION_SOURCE),
    ],
)
def test_every_member_of_an_enumeration_comes_up(name, members):
    alerts = every_alert(Plan(seed=3, count=6000, now_ms=NOW_MS))
    assert {alert[name] for alert in alerts} - {None} == set(members)


def test_alerts_lie_in_the_days_before_now():
    for alert in every_alert(Plan(seed=3, count=500, now_ms=NOW_MS, days=2)):
        assert NOW_MS - 2 * 86_400_000 <= ticks(alert["createdDateTime"]) // 10_000 < NOW_MS


def test_versions_of_an_alert_are_ever_later_and_end_resolved_with_a_date():
    plan = Plan(seed=3, count=300, now_ms=NOW_MS)
    resolved = 0
    for number in range(plan.count):
        versions = versions_of(plan, number)
        updates = [ticks(version["lastUpdateDateTime"]) for version in versions]
        assert updates == sorted(set(updates))
        assert len({(version["id"], version["createdDateTime"]) for version in versions}) == 1
        if len(versions) > 1 and versions[-1]["status"] == "resolved":
            resolved += 1
            assert versions[-1]["resolvedDateTime"] == versions[-1]["lastUpdateDateTime"]
    assert resolved > 20


# Filters


ALERT = {
    "severity": "high",
    "status": "new",
    "classification": None,
    "determination": None,
    "serviceSource": "microsoftDefenderForCloudApps",
    "assignedTo": "pat.o'brien@contoso.com",
    "createdDateTime": ticks("2025-09-18T15:00:00.5Z"),
    "lastUpdateDateTime": ticks("2025-09-18T15:04:59.9999999Z"),
}


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("severity eq 'high'", True),
        ("severity ne 'high'", False),
        ("severity eq 'high' and status eq 'resolved'", False),
        ("status eq 'resolved' and severity eq 'low' or severity eq 'high'", True),
        ("status eq 'resolved' and (severity eq 'low' or severity eq 'high')", False),
        ("not status eq 'resolved'", True),
        ("not (severity eq 'high' or severity eq 'low')", False),
        ("assignedTo eq 'pat.o''brien@contoso.com'", True),
        ("classification eq null", True),
        ("classification ne 'truePositive'", True),
        ("lastUpdateDateTime ge 2025-09-18T15:00:00Z and lastUpdateDateTime lt 2025-09-18T15:05:00Z", True),
        ("lastUpdateDateTime lt 2025-09-18T15:04:59.9999999Z", False),
        ("lastUpdateDateTime le 2025-09-18T15:04:59.9999999Z", True),
        ("createdDateTime gt 2025-09-18T15:00:00Z", True),
        ("createdDateTime ge 2025-09-18T17:00:00+02:00", True),
    ],
)
def test_filter_means_what_it_says(text, passes):
    assert read_filter(text)(ALERT) is passes


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("title eq 'x'", "title"),
        ("severity eq high", "quoted"),
        ("severity eq 'High'", "not a member"),
        ("severity gt 'high'", "operator 'gt'"),
        ("severity like 'h'", "operator 'like'"),
        ("severity eq 'high' xor status eq 'new'", "position 19"),
        ("(severity eq 'high'", "too early"),
        ("severity eq 'high", "unterminated"),
        ("lastUpdateDateTime ge '2025-09-18T15:00:00Z'", "incompatible"),
        ("lastUpdateDateTime ge 2025-09-18", "not a date-time"),
        ("contains(title,'x')", "contains"),
        ("and", "and"),
    ],
)
def test_filter_that_is_not_documented_is_refused(text, part):
    with pytest.raises(FilterError, match=part):
        read_filter(text)


def test_bad_filter_is_a_400_in_the_documented_shape(client):
    answer = client.get(ALERTS, params={"$filter": "severity eq high"}, headers={"client-request-id": "abc"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "BadRequest")
    assert error["innerError"]["client-request-id"] == "abc"
    assert error["innerError"]["request-id"] == answer.headers["request-id"]


@pytest.mark.parametrize(
    "option", ["$orderby=id", "$select=id", "$top=x", "$top=1001", "$skip=-1", "$skiptoken=?"]
)
def test_option_that_is_not_documented_is_refused(client, option):
    assert client.get(f"{ALERTS}?{option}").status_code == 400


# Pages


def every_page(client, **params):
    found, address = [], client.build_request("GET", ALERTS, params=params).url
    while address:
        answer = client.get(address)
        found += ids(answer)
        address = answer.json().get("@odata.nextLink")
    return found


def test_pages_hold_every_alert_once_newest_first(stand_in, client):
    found = every_page(client, **{"$top": "30"})
    created = [stand_in.tenant.book.entries[ident].visible["createdDateTime"] for ident in found]
    assert sorted(found) == sorted(stand_in.tenant.book.entries)
    assert created == sorted(created, reverse=True)


def test_pages_of_a_filter_hold_what_passes_it(stand_in, client):
    found = every_page(client, **{"$top": "9", "$filter": "severity eq 'high'"})
    entries = stand_in.tenant.book.entries.items()
    assert sorted(found) == sorted(ident for ident, entry in entries if entry.visible["severity"] == "high")


def test_count_tells_how_many_pass(client):
    assert client.get(ALERTS, params={"$count": "true", "$top": "1"}).json()["@odata.count"] == 250


def test_alert_that_arrives_during_a_scan_shifts_the_pages(stand_in, client):
    first = client.get(ALERTS, params={"$top": "10"})
    stand_in.tenant.raise_alert()
    second = client.get(first.json()["@odata.nextLink"])
    assert ids(second)[0] == ids(first)[-1]


def test_update_leaves_a_closed_window_and_shifts_its_pages(stand_in, client):
    bound = "2100-01-01T00:00:00Z"
    first = client.get(ALERTS, params={"$top": "10", "$filter": f"lastUpdateDateTime lt {bound}"})
    whole = every_page(client, **{"$filter": f"lastUpdateDateTime lt {bound}"})
    stand_in.tenant.update_alert(ids(first)[0], ticks(bound) // 10_000)
    second = client.get(first.json()["@odata.nextLink"])
    assert ids(second)[0] == whole[11]


def test_path_is_read_in_any_case(client):
    assert client.get("/v1.0/Security/alerts_V2").status_code == 200


def test_alert_is_answered_by_its_id_and_404_without_it(stand_in, client):
    ident = next(iter(stand_in.tenant.book.entries))
    assert client.get(f"{ALERTS}/{ident}").text == stand_in.tenant.book.entries[ident].text
    assert client.get(f"{ALERTS}/none").json()["error"]["code"] == "ResourceNotFound"


def test_later_members_are_hidden_from_clients_that_do_not_ask_for_them(client):
    wanted = {"$filter": "serviceSource eq 'microsoftDefenderForCloud'"}
    shown = {alert["serviceSource"] for alert in client.get(ALERTS, params=wanted).json()["value"]}
    hidden = client.get(ALERTS, params=wanted, headers={"Prefer": ""}).json()["value"]
    assert shown == {"microsoftDefenderForCloud"}
    assert {alert["serviceSource"] for alert in hidden} == {"unknownFutureValue"}


# Sign-in


def sign_in(client, stand_in, tenant=None, **changed):
    registration = stand_in.tenant.registration
    form = {
        "grant_type": "client_credentials",
        "client_id": registration.application,
        "client_secret": registration.secret,
        "scope": f"{stand_in.root}/.default",
        **changed,
    }
    return client.post(f"/{tenant or registration.tenant}/oauth2/v2.0/token", data=form)


def test_good_secret_gives_a_token_that_lists_alerts(client, stand_in):
    answer = sign_in(client, stand_in).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3599)
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert client.get(ALERTS, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("changed", "status", "error", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": "old"}, 401, "invalid_client", 7000222),
        ({"client_secret": ""}, 401, "invalid_client", 7000218),
        ({"client_id": "someone-else"}, 400, "unauthorized_client", 700016),
        ({"tenant": "11111111-2222-3333-4444-555555555555"}, 400, "invalid_request", 90002),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"grant_type": ""}, 400, "invalid_request", 900144),
        ({"scope": "https://graph.microsoft.com/User.Read"}, 400, "invalid_scope", 1002012),
        ({"scope": "https://vault.contoso.com/.default"}, 400, "invalid_resource", 500011),
    ],
)
def test_sign_in_error_has_its_code(client, stand_in, changed, status, error, code):
    stand_in.tenant.registration.expired_secret = "old"
    answer = sign_in(client, stand_in, **changed)
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer abc", "Basic abc", "Bearer a.b.c"])
def test_wrong_token_is_a_401(client, authorization):
    answer = client.get(ALERTS, headers={"Authorization": authorization})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")


def test_expired_token_is_a_401_that_says_so(client, stand_in):
    token = issued_token(stand_in.tenant.registration, stand_in.root, now_s=0)
    answer = client.get(ALERTS, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert "token is expired" in answer.json()["error"]["message"]


def test_application_without_the_permission_gets_a_403(client, stand_in):
    stand_in.tenant.registration.permissions = ("User.Read.All",)
    token = issued_token(stand_in.tenant.registration, stand_in.root)
    answer = client.get(ALERTS, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Forbidden")


# Limits and faults


def test_request_over_the_limit_waits_until_the_oldest_is_a_minute_old():
    now = itertools.chain([0.0, 10.0, 20.0], itertools.repeat(60.5))
    throttle = Throttle(per_minute=2, clock=lambda: next(now))
    assert [throttle.wait_s("app") for _ in range(4)] == [0, 0, 40, 0]


def test_limit_is_answered_with_429_and_retry_after(tmp_path):
    with running(Settings(alerts=3, arrivals_s=None, requests_per_minute=2), tmp_path) as stand_in:
        context = ssl.create_default_context(cafile=str(stand_in.ca_file))
        token = issued_token(stand_in.tenant.registration, stand_in.root)
        with httpx.Client(verify=context, headers={"Authorization": f"Bearer {token}"}) as client:
            answers = [client.get(f"{stand_in.root}{ALERTS}") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60


def test_faults_are_played_at_their_request_once(client, stand_in):
    stand_in.tenant.faults.add_after(2, Fault("status", status=503, retry_after_s=4))
    answers = [client.get(ALERTS, params={"$top": "1"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 503, 200]
    assert answers[1].headers["Retry-After"] == "4"


def test_answer_that_breaks_off_is_not_in_the_log(client, stand_in):
    stand_in.tenant.faults.add_after(1, Fault("cut"))
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(ALERTS)
    assert len(stand_in.tenant.versions) == 0
    client.get(ALERTS)
    assert len(stand_in.tenant.versions) == 100


def test_expiring_all_tokens_needs_a_new_sign_in(client, stand_in):
    stand_in.tenant.faults.add_after(1, Fault("expire-tokens"))
    assert [client.get(ALERTS).status_code for _ in range(2)] == [401, 401]
    headers = {"Authorization": f"Bearer {sign_in(client, stand_in).json()['access_token']}"}
    assert client.get(ALERTS, headers=headers).status_code == 200


def test_control_paths_set_faults_and_tell_figures(client):
    client.post("/stand-in/faults", json={"1": {"kind": "status", "status": 500}})
    assert client.get(ALERTS).status_code == 500
    assert client.get("/stand-in/status").json()["requests"] == 1
    assert client.post("/stand-in/arrivals", json={"on": True}).json()["arriving"] is True


# The log and the next start


def test_log_holds_each_served_version_as_it_was_sent(client, stand_in):
    body = client.get(ALERTS, params={"$top": "20"}).text
    client.get(ALERTS, params={"$top": "20"})
    lines = (stand_in.ca_file.parent / "versions.ndjson").read_text("utf-8").splitlines()
    assert len(lines) == 20
    assert all(line in body for line in lines)


def test_tenant_and_its_changes_are_the_same_at_the_next_start(tmp_path):
    with running(QUIET, tmp_path) as first:
        first.tenant.arrive()
        before = {ident: entry.text for ident, entry in first.tenant.book.entries.items()}
    with running(QUIET, tmp_path) as second:
        after = {ident: entry.text for ident, entry in second.tenant.book.entries.items()}
        assert second.tenant.registration.secret == first.tenant.registration.secret
    assert after == before
    assert len(json.loads((tmp_path / "tenant.json").read_text())["secret"]) > 20
