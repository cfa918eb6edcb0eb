"""Steps of the Graph Security source against a service that misbehaves: faults, oddities, wrong clocks."""

import json
from dataclasses import replace
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from tests.collect.scripted_graph import (
    FILTER,
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

from dohyo.collect import graph_security
from dohyo.collect.graph_security import GraphSecurity
from dohyo.collect.graph_state import DAY_MS
from dohyo.collect.graph_time import graph_time_to_ms
from dohyo.collect.journal import keys_of
from dohyo.collect.source import Get, Start
from dohyo.store.event import EARLIEST_MS, LATEST_MS


def linked(*alerts: dict, to: str | None = None, status: int = 200, **headers: str):
    body = {"value": list(alerts)} | (
        {"@odata.nextLink": f"{ROOT}/v1.0/security/alerts_v2?{to}"} if to else {}
    )
    return answer(status, body, **headers)


def balanced(driver: Driver) -> bool:
    return all(a.fetched == a.new + a.updated + a.repeated + a.refused for a in driver.accounts)


def test_next_links_in_a_circle_end_the_pass_and_the_window_is_read_again():
    graph = ScriptedGraph(ten_alerts())
    usual = graph.page

    def page(url):
        token = parse_qs(urlsplit(url).query).get("$skiptoken", ["0" if graph.requests == 1 else "|"])[0]
        return usual(url) if "|" in token else linked(to=f"$skiptoken={(int(token) + 1) % 3}")

    graph.page = page
    driver = Driver(graph)
    driver.run()
    assert driver.stored() == expected(graph.alerts)
    assert "go round in a circle" in next(a.message for a in driver.accounts if not a.complete)
    assert balanced(driver)


class Endless(ScriptedGraph):
    """Every page of a window longer than six hours has a next page."""

    def page(self, url):
        found = super().page(url)
        body = json.loads(found.body)
        self.pages = getattr(self, "pages", 0) + 1
        if "$filter" in url:
            start, end = (graph_time_to_ms(text) for text in FILTER.search(self.filter_of(url)).groups())
            self.long = end - start > DAY_MS / 4
        if self.long and "@odata.nextLink" not in body:
            body["@odata.nextLink"] = f"{ROOT}/v1.0/security/alerts_v2?$skiptoken=0|{self.filter_of(url)}"
            body["@odata.nextLink"] += f"&page={self.pages}"
        return answer(200, body)

    def filter_of(self, url):
        query = parse_qs(urlsplit(url).query)
        return query["$filter"][0] if "$filter" in query else query["$skiptoken"][0].split("|")[1]


def test_pages_without_end_are_given_up_and_the_window_is_halved(monkeypatch):
    monkeypatch.setattr(graph_security, "MOST_PAGES", 20)
    graph = Endless(ten_alerts())
    driver = Driver(graph, GraphSecurity(settings(backfill_days=2, requests_per_minute=150)))
    driver.run(most_steps=5_000)
    assert driver.stored() == expected(graph.alerts)
    assert any("no end after 20 pages" in (a.message or "") for a in driver.accounts)
    assert balanced(driver)


def test_page_that_always_fails_is_reached_in_smaller_windows():
    graph = ScriptedGraph([alert(f"a{n}", days_ago(0.1) + n * 60_000) for n in range(12)])
    usual = graph.page
    graph.page = lambda url: (
        error(500, "UnknownError", "too much") if "skiptoken=6" in unquote(url) else usual(url)
    )
    driver = Driver(graph, GraphSecurity(settings(backfill_days=1)))
    driver.run(most_steps=5_000)
    assert driver.stored() == expected(graph.alerts)
    assert balanced(driver)


def test_answer_in_part_is_shown_and_its_window_read_again_until_it_is_whole():
    hidden = alert("hidden", days_ago(1.5))
    graph = ScriptedGraph([alert("a", days_ago(1.5)), alert("b", days_ago(0.01))])
    warning = '199 - "Microsoft/MDE/503/10000"'
    graph.script[1] = linked(alert("a", days_ago(1.5)), status=206, warning=warning)
    driver = Driver(graph)
    driver.run()
    told = next(health for health in driver.healths if health.message)
    assert (told.state, told.message) == ("Collecting", f"Graph answered in part: {warning}")
    assert warning in driver.accounts[0].message
    assert driver.cursor["owed"] == [[days_ago(2), days_ago(1)]]
    graph.alerts.append(hidden)  # long before the overlap of a usual poll
    driver.run(polls=3)
    assert driver.stored() == expected(graph.alerts)
    assert driver.cursor["owed"] == []
    assert driver.healths[-1].message is None


@pytest.mark.parametrize(
    ("value", "waited_ms"),
    [("17", 17_000), ("1.5", 1_500), ("Thu, 18 Sep 2025 14:00:30 GMT", 30_000), ("999999999", 3_600_000)],
)
def test_retry_after_is_kept_in_all_its_forms(value, waited_ms):
    graph = ScriptedGraph([], script={1: error(429, "TooManyRequests", "slow down", retry_after=value)})
    driver = Driver(graph)
    driver.run()
    assert driver.waits[0] == waited_ms


@pytest.mark.parametrize("value", ["", "soon", "-5", "²", "Thu, 99 Sep 2025 14:00:30 GMT"])
def test_retry_after_that_says_nothing_is_a_usual_wait(value):
    graph = ScriptedGraph([], script={1: error(503, "ServiceUnavailable", "no", retry_after=value)})
    driver = Driver(graph)
    driver.run()
    assert 100 <= driver.waits[0] <= 1_000


def test_requests_of_any_minute_stay_within_the_budget():
    graph = ScriptedGraph([alert(f"a{n}", days_ago(0.5) + n) for n in range(700)])
    driver = Driver(graph, GraphSecurity(settings(backfill_days=1)))
    moments, send = [], graph.send
    graph.send = lambda request: (
        (moments.append(graph.now_ms) if isinstance(request, Get) else None) or send(request)
    )
    driver.run(most_steps=5_000)
    assert driver.stored() == expected(graph.alerts)
    assert max(sum(at <= other < at + 60_000 for other in moments) for at in moments) == 140


def test_redirect_is_named_and_not_followed():
    graph = ScriptedGraph(ten_alerts(), script={1: answer(302, b"", location="https://evil.example/")})
    driver = Driver(graph)
    driver.run()
    assert "https://evil.example/ is not followed" in next(h.message for h in driver.healths if h.message)
    assert driver.stored() == expected(graph.alerts)


@pytest.mark.parametrize(
    "odd",
    [
        {"createdDateTime": "0001-01-01T00:00:00Z"},
        {"createdDateTime": 5, "lastUpdateDateTime": ["x"]},
        {"lastUpdateDateTime": "9999-12-31T23:59:59.9999999Z"},
        {"lastUpdateDateTime": "\ud800"},
        {"id": None},
        {
            "severity": "catastrophic",
            "evidence": [{"@odata.type": "#microsoft.graph.security.future"}, 7, None],
        },
    ],
    ids=str,
)
def test_odd_alert_is_stored_and_holds_up_no_other(odd):
    strange = alert("odd", days_ago(0.1)) | odd
    page = answer(200, json.dumps({"value": [strange, alert("b", days_ago(0.1))]}).encode())
    driver = Driver(ScriptedGraph([], script={1: page}), GraphSecurity(settings(backfill_days=1)))
    driver.run()
    assert driver.stored() == expected([strange, alert("b", days_ago(0.1))])
    assert driver.cursor["position_ms"] <= NOW_MS
    for row in driver.seen:
        keys_of(row)  # what the journal makes of it
        assert row.messagetime_ms is None or EARLIEST_MS <= row.messagetime_ms <= LATEST_MS


def test_number_of_ten_thousand_digits_is_stored_as_written():
    body = b'{"value":[{"id":"a","n":' + b"7" * 10_000 + b"}]}"
    driver = Driver(ScriptedGraph([], script={1: answer(200, body)}))
    driver.run()
    assert driver.stored() == [body[10:-2].decode()]


def test_clock_ten_years_off_loses_nothing_once_the_services_time_is_known():
    for off_ms in (-3650 * DAY_MS, 3650 * DAY_MS):
        graph = ScriptedGraph(ten_alerts())
        driver = Driver(graph)
        step = driver.stepper.step
        driver.stepper.step = lambda state, response, now, step=step, off=off_ms: step(
            state, response, now + off
        )
        driver.run(most_steps=5_000)
        assert driver.stored() == expected(graph.alerts)
        assert graph.requests < 30
        assert driver.cursor["position_ms"] <= graph.now_ms


def test_service_whose_alerts_change_at_each_reading_is_left_for_later():
    graph = ScriptedGraph([alert(f"a{n}", days_ago(1.5)) for n in range(4)])
    usual, count = graph.page, iter(range(10_000))
    graph.page = lambda url: answer(
        200, usual(url).body.replace(b'"title": "a', b'"title": "%d a' % next(count))
    )
    driver = Driver(graph)
    driver.run()
    assert balanced(driver)
    assert sum(a.new for a in driver.accounts) == 4


def test_pass_that_a_stop_or_a_kill_ends_leaves_its_account():
    graph = ScriptedGraph([alert(f"a{n}", days_ago(0.5) + n) for n in range(9)])
    stepper = GraphSecurity(settings(backfill_days=1))
    state, response, driver = None, Start(None), Driver(graph, stepper)
    for _ in range(7):
        result = stepper.step(state, response, NOW_MS)
        state, response = result.state, driver.carry_out(result)
    left = stepper.leave(state, "stopped", NOW_MS)
    assert (left.account.complete, left.account.message, left.account.fetched) == (False, "stopped", 4)
    begun = stepper.step(None, Start(driver.cursor), NOW_MS)  # after a kill
    assert (begun.account.new, begun.account.complete) == (4, False)
    assert "pass" not in begun.cursor and "pass" not in left.cursor


def test_service_sources_and_start_are_asked_for_as_they_are_set():
    chosen = settings(
        service_sources=["microsoftDefenderForEndpoint"], backfill_start="2025-09-18", page_size=50
    )
    graph = ScriptedGraph([], script={1: linked()})
    graph.page = lambda url: linked()
    Driver(graph, GraphSecurity(chosen)).run()
    assert unquote(graph.urls[0]).endswith(
        "$filter=lastUpdateDateTime ge 2025-09-18T00:00:00.000Z and lastUpdateDateTime lt "
        "2025-09-18T14:00:00.000Z and (serviceSource eq 'microsoftDefenderForEndpoint')&$top=50"
    )


def test_incidents_are_a_stream_of_their_own_and_their_refusal_does_not_stop_alerts():
    graph = ScriptedGraph(ten_alerts())
    usual, refuses = graph.page, [True]

    def page(url):
        if "/incidents" not in url:
            return usual(url)
        return error(403, "Forbidden", "Missing roles.") if refuses else linked(alert("a1", days_ago(0.1)))

    graph.page = page
    driver = Driver(graph, GraphSecurity(settings(incidents=True)))
    driver.run()
    assert driver.stored() == expected(graph.alerts)
    assert driver.healths[-1].message == "Graph answered 403 Forbidden: Missing roles."
    assert driver.healths[-1].state == "Collecting"
    refuses.clear()
    driver.run()
    assert driver.stored() == expected([*graph.alerts, alert("a1", days_ago(0.1))])
    assert {row.fields["stream"] for row in driver.seen if row.fields} == {"incidents"}
    assert driver.healths[-1].message is None


def test_date_that_is_wrong_once_moves_no_start_and_no_position():
    for wrong in ("Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"):
        for at in (1, 2, 3):
            graph = ScriptedGraph(ten_alerts())
            usual = graph.page
            graph.page = lambda url, graph=graph, usual=usual, at=at, wrong=wrong: (
                replace(usual(url), headers={"date": wrong}) if graph.requests == at else usual(url)
            )
            driver = Driver(graph, GraphSecurity(settings(polling_interval=1440)))
            driver.run(polls=2)
            graph.alerts += [alert("day", graph.now_ms - DAY_MS // 2), alert("now", graph.now_ms - 1_000)]
            driver.run(polls=2)
            assert driver.stored() == expected(graph.alerts), (wrong, at)
            assert graph.requests < 30


def test_alert_that_is_listed_hours_late_is_found_within_an_hour():
    graph = ScriptedGraph(ten_alerts())
    driver = Driver(graph)
    driver.run(polls=2)
    graph.alerts += [alert("late", graph.now_ms - 10 * 3_600_000), alert("new", graph.now_ms - 1_000)]
    driver.run(polls=13)  # of five minutes
    assert driver.stored() == expected(graph.alerts)


def test_backfill_tells_how_far_it_is():
    graph = ScriptedGraph([alert(f"a{n}", days_ago(n + 0.5)) for n in range(10)])
    driver = Driver(graph, GraphSecurity(settings(backfill_days=10)))
    driver.run()
    told = [health.message for health in driver.healths if health.message]
    assert told[0] == "catching up: at 2025-09-08, 0 % of the time"
    assert told[-1] == "catching up: at 2025-09-16, 80 % of the time"
    assert {health.error_type for health in driver.healths} == {None}
    assert driver.healths[-1].message is None


def test_pages_grow_again_after_an_outage():
    graph = ScriptedGraph(ten_alerts(), script={n: error(503, "Busy", "") for n in range(1, 30)})
    driver = Driver(graph)
    driver.run(polls=8)
    assert driver.stored() == expected(graph.alerts)
    assert graph.urls[-1].endswith("$top=500")


def test_start_does_not_move_while_the_first_window_cannot_be_read():
    graph = ScriptedGraph([alert("a", NOW_MS + 60_000)])
    driver = Driver(graph, GraphSecurity(settings(backfill_days=0)), moments_left=1)
    with pytest.raises(Killed):
        driver.run()
    driver.moments_left = None
    graph.now_ms += 3 * DAY_MS
    driver.run()
    assert driver.stored() == expected(graph.alerts)
