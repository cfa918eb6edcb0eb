"""Steps of the Graph Security source against a scripted service: nothing lost, nothing twice."""

import json

import pytest
from tests.collect.scripted_graph import (
    NOW_MS,
    ROOT,
    Driver,
    Killed,
    ScriptedGraph,
    alert,
    answer,
    days_ago,
    error,
    expected,
    settings,
    ten_alerts,
)

from dohyo.collect.graph_security import RECHECK_MS, GraphSecurity
from dohyo.collect.graph_state import DAY_MS
from dohyo.collect.source import Failed, Start

OVERLAP_MS = 3_600_000


def test_every_alert_of_the_backfill_is_stored_once_as_it_was_written():
    graph = ScriptedGraph(ten_alerts())
    driver = Driver(graph)
    driver.run()
    assert driver.stored() == expected(graph.alerts)
    assert set(driver.inserted.values()) == {1}


def test_alerts_older_than_the_backfill_are_left_out():
    driver = Driver(ScriptedGraph([alert("old", days_ago(2.1)), alert("in", days_ago(1.9))]))
    driver.run()
    assert [json.loads(raw)["id"] for raw in driver.stored()] == ["in"]


def test_backfill_asks_for_slices_of_at_most_a_day():
    driver = Driver(ScriptedGraph(ten_alerts()))
    driver.run()
    lengths = {account.window_to_ms - account.window_from_ms for account in driver.accounts}
    assert max(lengths) <= DAY_MS + OVERLAP_MS
    assert driver.accounts[0].window_from_ms == days_ago(2)
    assert driver.accounts[-1].window_to_ms == NOW_MS


def test_next_link_is_followed_verbatim():
    link = f"{ROOT}/v1.0/security/alerts_v2?$skiptoken=a%2Fb+c&x=%7B1%7D"
    pages = {
        1: answer(200, {"value": [alert("a", days_ago(0.1))], "@odata.nextLink": link}),
        2: answer(200, {"value": [alert("b", days_ago(0.1))]}),
    }
    graph = ScriptedGraph([], script=pages)
    Driver(graph, GraphSecurity(settings(backfill_days=1))).run()
    assert graph.urls[1] == link


def test_next_link_to_another_service_is_not_followed():
    page = {"value": [], "@odata.nextLink": "https://evil.example/v1.0/x"}
    graph = ScriptedGraph([], script={1: answer(200, page)})
    driver = Driver(graph)
    driver.run()
    assert all(url.startswith(ROOT) for url in graph.urls)
    assert any("another service" in (health.message or "") for health in driver.healths)


def test_updated_alert_is_stored_again_and_counted_as_updated():
    graph = ScriptedGraph([alert("a", days_ago(0.5))])
    driver = Driver(graph)
    driver.run()
    versions = list(graph.alerts)
    graph.now_ms += 60_000
    graph.update("a", graph.now_ms - 10_000, status="resolved")
    driver.run()
    assert driver.stored() == expected(versions + graph.alerts)
    last = driver.accounts[-1]
    assert (last.new, last.updated) == (0, 1)


def test_alert_that_leaves_the_window_during_a_scan_hides_no_other():
    graph = ScriptedGraph([alert(f"a{n}", days_ago(0.1) + n) for n in range(7)])
    before = list(graph.alerts)
    # a6 stands first in the list; without it, all later pages begin one alert further on.
    graph.script[2] = lambda: graph.update("a6", NOW_MS + 5_000)
    driver = Driver(graph, GraphSecurity(settings(backfill_days=1)))
    driver.run(polls=2)
    assert driver.stored() == expected(before + graph.alerts)


def test_ties_at_the_border_of_a_window_are_all_stored_once():
    border = days_ago(1)  # end of the first slice, start of the second
    graph = ScriptedGraph([alert(f"a{n}", border) for n in range(5)])
    driver = Driver(graph)
    driver.run()
    assert driver.stored() == expected(graph.alerts)
    assert set(driver.inserted.values()) == {1}


def test_late_alert_within_the_overlap_is_stored():
    graph = ScriptedGraph([alert("a", NOW_MS - 1_000)])
    driver = Driver(graph)
    driver.run()
    graph.alerts.append(alert("late", NOW_MS - OVERLAP_MS + 1_000))
    graph.now_ms += 60_000
    driver.run()
    assert driver.stored() == expected(graph.alerts)


def test_quiet_time_moves_the_position_only_as_far_as_updates_were_seen():
    graph = ScriptedGraph([alert("a", days_ago(0.5))])
    driver = Driver(graph)
    driver.run(polls=3)
    assert driver.cursor["position_ms"] == days_ago(0.5)


def test_week_without_collecting_is_caught_up():
    graph = ScriptedGraph([alert("a", days_ago(0.5))])
    driver = Driver(graph)
    driver.run()
    graph.alerts += [alert(f"b{n}", NOW_MS + n * DAY_MS) for n in range(1, 7)]
    graph.now_ms += 7 * DAY_MS
    driver.run()
    assert driver.stored() == expected(graph.alerts)


@pytest.mark.parametrize("ahead_ms", [-7_200_000, 7_200_000])
def test_service_with_another_clock_loses_nothing(ahead_ms):
    graph = ScriptedGraph([alert("a", days_ago(0.1))])
    driver = Driver(graph, GraphSecurity(settings(backfill_days=1)))
    step = driver.stepper.step
    driver.stepper.step = lambda state, response, now: step(state, response, now - ahead_ms)
    for minute in range(1, 4):
        graph.alerts.append(alert(f"b{minute}", graph.now_ms - 1_000))
        graph.now_ms += 300_000
        driver.run(polls=2)  # the first answer tells the service's time
    assert driver.stored() == expected(graph.alerts)


@pytest.mark.parametrize("at", [1, 2, 4])
@pytest.mark.parametrize(
    "fault",
    [
        error(429, "TooManyRequests", "slow down", retry_after="17"),
        error(503, "ServiceUnavailable", "not now"),
        error(500, "UnknownError", ""),
        error(401, "InvalidAuthenticationToken", "expired"),
        Failed("no answer from graph.example: timed out"),
        Failed("no answer from graph.example: peer closed connection"),
        answer(200, b'{"value":[{"id":"a1","ti'),
        answer(200, b"<html>proxy</html>"),
        answer(200, {"values": []}),
        answer(200, b""),
    ],
    ids=lambda fault: str(getattr(fault, "status", "failed")),
)
def test_passing_fault_loses_and_doubles_nothing(fault, at):
    graph = ScriptedGraph(ten_alerts(), script={at: fault})
    driver = Driver(graph)
    driver.run()
    assert driver.stored() == expected(graph.alerts)
    assert set(driver.inserted.values()) == {1}
    assert driver.healths[-1].state == "Collecting"
    assert driver.healths[-1].message is None


def test_throttled_source_waits_as_long_as_it_is_told():
    graph = ScriptedGraph([], script={1: error(429, "TooManyRequests", "slow down", retry_after="17")})
    driver = Driver(graph)
    driver.run()
    assert driver.waits[0] == 17_000
    assert driver.healths[1].state == "Collecting"
    assert "slow down" in driver.healths[1].message


def test_token_that_ends_during_a_scan_is_renewed_once_and_the_same_page_asked_again():
    graph = ScriptedGraph(ten_alerts(), script={2: error(401, "InvalidAuthenticationToken", "expired")})
    driver = Driver(graph)
    driver.run()
    assert graph.sign_ins == 2
    assert graph.urls[1] == graph.urls[2]


@pytest.mark.parametrize(
    ("status", "code"), [(401, "InvalidAuthenticationToken"), (403, "Forbidden"), (400, "BadRequest")]
)
def test_wrong_setup_is_named_in_the_services_words_and_checked_again_slowly(status, code):
    refusal = error(status, code, "Missing application roles.")
    graph = ScriptedGraph(ten_alerts(), script={n: refusal for n in range(1, 6)})
    driver = Driver(graph)
    driver.run()
    health = next(health for health in driver.healths if health.state == "Error")
    assert health.error_type == "ThirdPartyConfig"
    assert health.message == f"Graph answered {status} {code}: Missing application roles."
    assert RECHECK_MS in driver.waits
    assert driver.stored() == expected(graph.alerts)


def test_refused_sign_in_is_wrong_setup():
    driver = Driver(ScriptedGraph([]))
    started = driver.stepper.step(None, Start(None), NOW_MS)
    refused = driver.stepper.step(started.state, Failed("AADSTS7000215: wrong", refused=True), NOW_MS)
    assert (refused.health.state, refused.health.error_type) == ("Error", "ThirdPartyConfig")
    assert refused.health.next_try_ms == NOW_MS + RECHECK_MS


def test_outage_is_retried_for_as_long_as_it_lasts_with_longer_waits():
    outage = {n: error(503, "ServiceUnavailable", "not now") for n in range(1, 101)}
    graph = ScriptedGraph(ten_alerts(), script=outage)
    driver = Driver(graph)
    driver.run()
    assert driver.stored() == expected(ten_alerts())
    assert driver.waits[0] <= 1_000
    assert 150_000 <= driver.waits[50] <= 300_000
    failed = {health.error_type for health in driver.healths if health.state == "Error"}
    assert failed == {"ThirdPartyGeneric"}


def test_next_link_that_no_longer_holds_starts_the_window_again():
    graph = ScriptedGraph(ten_alerts(), script={3: error(400, "BadRequest", "Skip token is not valid.")})
    driver = Driver(graph)
    driver.run()
    assert driver.stored() == expected(graph.alerts)
    assert {health.state for health in driver.healths} == {"Authenticated", "Collecting"}


def test_service_that_takes_only_small_pages_is_asked_for_small_ones():
    graph = ScriptedGraph(
        ten_alerts(), script={1: error(400, "BadRequest", "The limit for Top was exceeded.")}
    )
    Driver(graph).run()
    assert [url.rpartition("=")[2] for url in graph.urls[:2]] == ["500", "100"]


def test_kill_at_every_moment_loses_and_doubles_nothing():
    whole = Driver(ScriptedGraph(ten_alerts()), moments_left=10_000)
    whole.run()
    for moment in range(10_000 - whole.moments_left):
        driver = Driver(ScriptedGraph(ten_alerts()), moments_left=moment)
        with pytest.raises(Killed):
            driver.run()
        driver.moments_left = None
        driver.run()
        assert driver.stored() == expected(ten_alerts()), moment
        assert set(driver.inserted.values()) == {1}


def test_other_tenant_is_read_from_the_start():
    graph = ScriptedGraph(ten_alerts())
    driver = Driver(graph)
    driver.run()
    driver.stepper = GraphSecurity(settings(tenant_id="t-2"))
    driver.run()
    assert len(driver.rows) == 20


def test_same_update_time_with_other_content_is_a_version_of_its_own():
    graph = ScriptedGraph([alert("a", NOW_MS - 1_000, status="new")])
    driver = Driver(graph)
    driver.run()
    first = list(graph.alerts)
    graph.alerts[0] = alert("a", NOW_MS - 1_000, status="resolved")
    driver.run()
    assert driver.stored() == expected(first + graph.alerts)


def test_other_order_of_keys_is_the_same_version():
    graph = ScriptedGraph([alert("a", NOW_MS - 1_000)])
    driver = Driver(graph)
    driver.run()
    graph.alerts[0] = dict(reversed(graph.alerts[0].items()))
    driver.run()
    assert len(driver.rows) == 1


def test_alert_without_update_time_is_known_by_its_content():
    page = {"value": [{"id": "a", "lastUpdateDateTime": None}, {"title": "no id"}, 7]}
    graph = ScriptedGraph([], script={1: answer(200, page), 2: answer(200, page)})
    driver = Driver(graph)
    driver.run()
    assert len(driver.rows) == 2
    assert [(account.fetched, account.new, account.refused) for account in driver.accounts[:2]] == [
        (3, 2, 1),
        (3, 0, 1),
    ]


def test_raw_text_keeps_numbers_escapes_and_key_order_on_one_line():
    body = b'{ "value": [ {\n "z": 1.50, "a": 12345678901234567890123,\n "id": "\\u00e9 \\ud800" } ] }'
    driver = Driver(ScriptedGraph([], script={1: answer(200, body)}))
    driver.run()
    assert driver.stored() == ['{"z":1.50,"a":12345678901234567890123,"id":"\\u00e9 \\ud800"}']


def test_odd_date_of_the_documentation_gives_no_message_time():
    odd = alert("a", days_ago(1.5)) | {"createdDateTime": "2025-09-18T15:07:30+0530378Z"}
    driver = Driver(ScriptedGraph([odd]))
    driver.run()
    assert "1 alerts have no readable createdDateTime" in driver.accounts[0].message
