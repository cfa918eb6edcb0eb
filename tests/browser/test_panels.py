"""Every kind of panel with its settings in a browser, variables, and what stands behind a value."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from pages import RANGE, Watched, counts, open_dashboard, settled, violations
from playwright.sync_api import Browser, Locator, Page, expect
from run import Everything

SCOPE = "_sourceCategory=Labs/MicrosoftGraphSecurity"
ALERTS = f'{SCOPE} | json "severity", "status", "title", "id" as severity, status, title, alert_id'
BY_DAY = f"{ALERTS} | timeslice 1d"
BY_SEVERITY = f"{ALERTS} | count by severity"
BOTH = f"{ALERTS} | count by severity, status | transpose row severity column status"
DAYS = f"{BY_DAY} | count by _timeslice, severity | transpose row _timeslice column severity"
SIZES = "| length(_raw) as size"
FIVE = "min(size) as least, pct(size, 25, 50, 75), max(size) as most"
PLACES = (
    f'{SCOPE} | parse regex "\\"ipAddress\\":\\s*\\"(?<ip>[0-9.]+)\\"" | count by ip'
    " | lookup latitude, longitude, country_name from geo://location on ip = ip"
)
LIMITS = {
    "showThresholds": True,
    "numberThresholds": {"warning": {"value": 2}, "critical": {"value": 9}},
}
RIGHT = {"series": ["bytes"], "properties": {"type": "line", "axisYType": "secondary", "name": "Size"}}
DAY_MS = 86_400_000
NOW_MS = int(time.time() * 1000)
# A range that does not move on between two looks at it.
STILL = f"from={NOW_MS - 25 * DAY_MS}&to={NOW_MS}"


def over_time(kind: str, display: str = "default", **more: object) -> dict:
    return {"general": {"mode": "timeSeries", "type": kind, "displayType": display}, **more}


def by_name(kind: str, display: str = "default", **more: object) -> dict:
    return {"general": {"mode": "distribution", "type": kind, "displayType": display}, **more}


def single(**svp: object) -> dict:
    return {"general": {"mode": "singleValueMetrics", "type": "svp"}, "svp": svp}


def on_map(layer: str) -> dict:
    return {"general": {"mode": "map", "type": "map"}, "map": {"mainMetric": {"layerType": layer}}}


CHART = "[data-chart] svg path, [data-chart] canvas"
# Title, settings and query of a panel, and what is in it when it is drawn.
PANELS: dict[str, tuple[str, dict, str]] = {
    "Table": (BY_SEVERITY, by_name("table", thresholdsSettings=LIMITS), "tbody tr"),
    "Number": (f"{ALERTS} | count", single(label="alerts"), "[data-value]"),
    "Sparkline": (f"{BY_DAY} | count by _timeslice", single(sparkline={"show": True}), "svg path.line"),
    "Gauge": (f"{ALERTS} | count", single(gauge={"show": True, "max": 9}), ".gauge i"),
    "Pie": (BY_SEVERITY, by_name("pie") | {"general": {"type": "pie", "innerRadius": "0%"}}, "[data-count]"),
    "Donut": (BY_SEVERITY, by_name("pie"), ".middle b"),
    "Columns": (BOTH, by_name("column", thresholdsSettings=LIMITS), CHART),
    "Columns to 100 %": (BOTH, by_name("column", "percentage"), CHART),
    "Bars": (BY_SEVERITY, by_name("bar"), "[data-count]"),
    "Bars, stacked": (BOTH, by_name("bar", "stacked", thresholdsSettings=LIMITS), CHART),
    "Points": (BOTH, by_name("scatter"), CHART),
    "Bubbles": (BOTH, by_name("bubble"), CHART),
    "Lines": (DAYS, over_time("line", axes={"axisY": {"logarithmic": True}}), CHART),
    "Smooth": (DAYS, over_time("line", "smooth", legend={"verticalAlign": "right"}), CHART),
    "Areas": (DAYS, over_time("area", legend={"showAsTable": True}), CHART),
    "Areas, stacked": (DAYS, over_time("area", "stacked"), CHART),
    "Areas to 100 %": (DAYS, over_time("area", "percentage"), CHART),
    "Stacked": (DAYS, over_time("column", "stacked", thresholdsSettings=LIMITS), CHART),
    "Two axes": (
        f"{BY_DAY} {SIZES} | sum(size) as bytes, count as alerts by _timeslice",
        over_time("column", overrides=[RIGHT], axes={"axisY2": {"unit": {"value": "B"}, "title": "Size"}}),
        CHART,
    ),
    "Clusters": (PLACES, on_map("Cluster"), "button.marker, .marker"),
    "Heat": (PLACES, on_map("Heat"), ".marker.heat"),
    "Honeycomb": (f"{ALERTS} | count by title", {"general": {"mode": "honeyComb"}}, ".content button i"),
    "Boxes": (f"{BY_DAY} {SIZES} | {FIVE} by _timeslice", over_time("boxPlot"), CHART),
    "Funnel": (BY_SEVERITY, by_name("funnel"), CHART),
    "Flow": (f"{ALERTS} | count by severity, status", by_name("sankey"), CHART),
}
TEXTS = [
    ({"text": {"format": "markdownV2"}}, "## Read me\n<script>window.ran = 1</script> **bold**"),
    ({"general": {"type": "title"}, "text": {"format": "title", "fontSize": 24}}, "A section"),
]


def panel(title: str, query: str, settings: dict) -> dict:
    shown = {"panelType": "SumoSearchPanel", "key": key(title), "title": title}
    asked = {"queryString": query, "queryType": "Logs", "queryKey": "A"}
    return shown | {"visualSettings": json.dumps(settings), "queries": [asked]}


def key(title: str) -> str:
    return "p" + re.sub(r"\W", "", title)


def definition(title: str, panels: list[dict], variables: list[dict]) -> dict:
    places = [
        {
            "key": one["key"],
            "structure": json.dumps({"x": 8 * (i % 3), "y": 7 * (i // 3), "width": 8, "height": 7}),
        }
        for i, one in enumerate(panels)
    ]
    start = {"type": "RelativeTimeRangeBoundary", "relativeTime": "-30d"}
    return {
        "title": title,
        "timeRange": {"type": "BeginBoundedTimeRange", "from": start, "to": None},
        "panels": panels,
        "layout": {"layoutType": "Grid", "layoutStructures": places},
        "variables": variables,
    }


Make = Callable[..., str]


@pytest.fixture
def make(page: Page, theme: str, request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes a dashboard in Personal and gives its id; it is gone after the test."""
    headers, made = {"X-Dohyo": "1"}, []
    page.goto("/")
    personal = page.request.get("/api/v2/content/folders/personal").json()["id"]

    def make(panels: list[dict], variables: list[dict] | None = None) -> str:
        model = definition(f"{request.node.name} {len(made)}", panels, variables or [])
        answer = page.request.post("/api/v2/dashboards", data=model | {"folderId": personal}, headers=headers)
        assert answer.ok, answer.text()
        made.append(answer.json()["id"])
        return made[-1]

    yield make
    for ident in made:
        page.request.delete(f"/api/v2/dashboards/{ident}", headers=headers)


def here(page: Page, title: str) -> Locator:
    return page.locator(f"[data-panel={key(title)}]")


def counted(page: Page, query: str) -> int:
    """The one number that the query gives over all that was collected."""
    body = {"dashboard": definition("Count", [panel("Count", query, {})], []), "range": {"from": "-60d"}}
    answer = page.request.post("/api/dohyo/v1/runs", data=body, headers={"X-Dohyo": "1"})
    lines = [json.loads(line) for line in answer.text().splitlines()]
    return next(line["rows"][0][0] for line in lines if "panel" in line)


@pytest.mark.parametrize("width", [1440, 390])
def test_every_kind_of_panel_is_drawn(page: Page, make: Make, width: int) -> None:
    texts = [
        {
            "panelType": "TextPanel",
            "key": f"t{i}",
            "title": "",
            "visualSettings": json.dumps(look),
            "text": text,
        }
        for i, (look, text) in enumerate(TEXTS)
    ]
    page.set_viewport_size({"width": width, "height": 900})
    drawn = [panel(title, query, look) for title, (query, look, _) in PANELS.items()]
    found = open_dashboard(page, make([*drawn, *texts]), "")
    assert [line.get("problem") for line in found.values()] == [None] * len(PANELS)
    for title, (_, _, mark) in PANELS.items():
        # A single value of a phone has no room for a curve.
        narrow = title == "Sparkline" and width < 800
        expect(here(page, title).locator("[data-value]" if narrow else mark).first, title).to_be_attached()
        expect(here(page, title).locator(".state"), title).to_have_count(0)
    assert page.get_by_text("<script>window.ran = 1</script>").is_visible()
    assert violations(page) == []
    assert page.evaluate("window.ran") is None
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_severities_keep_their_colours_beside_unknown_names(page: Page, make: Make) -> None:
    named = f'{ALERTS} | if(severity = "low", "unknownFutureValue", severity) as s'
    open_dashboard(page, make([panel("Named", f"{named} | count by s", by_name("pie"))]), "")
    swatch = here(page, "Named").get_by_role("button", name="high").locator("i")
    assert "--high" in (swatch.get_attribute("style") or "")


def test_hidden_queries_are_asked_and_not_drawn(page: Page, make: Make) -> None:
    asked = panel("Two", f"{BY_DAY} | count as everything by _timeslice", over_time("line"))
    second = f'{BY_DAY} | where severity = "high" | count as high by _timeslice'
    asked["queries"].append({"queryString": second, "queryType": "Logs", "queryKey": "B"})
    both = make([asked])
    hidden = make([asked | {"visualSettings": json.dumps(over_time("line", hiddenQueryKeys=["A"]))}])
    open_dashboard(page, both, "")
    shown = here(page, "Two").locator("[data-chart]")
    expect(shown).to_have_attribute("aria-label", re.compile("most everything"))
    open_dashboard(page, hidden, "")
    expect(shown).to_have_attribute("aria-label", re.compile("most high"))


def variable(name: str, source: dict, **more: object) -> dict:
    shape = {"name": name, "displayName": name, "defaultValue": "*", "includeAllOption": True}
    return shape | {"sourceDefinition": source} | more


VARIABLES = [
    variable(
        "category",
        {"variableSourceType": "MetadataVariableSourceDefinition", "filter": "*", "key": "_sourceCategory"},
    ),
    variable(
        "severity",
        {"variableSourceType": "LogQueryVariableSourceDefinition", "query": BY_SEVERITY, "field": "severity"},
        allowMultiSelect=True,
    ),
    variable(
        "size",
        {"variableSourceType": "CsvVariableSourceDefinition", "values": "small, medium"},
        defaultValue="medium",
        includeAllOption=False,
    ),
]


def test_variables_of_every_source_and_several_values_at_once(page: Page, make: Make) -> None:
    scoped = ALERTS.replace(SCOPE, "_sourceCategory={{category}} {{severity}}")
    shown = [
        panel("Severities", f"{scoped} | count by severity", by_name("pie")),
        panel("Size", f'{scoped} | "{{{{size}}}}" as size | count by size', by_name("table")),
    ]
    open_dashboard(page, make(shown, VARIABLES), STILL)
    everything = sum(counts(page, key("Severities")))
    box = page.get_by_role("dialog")
    page.locator("[data-variable=category]").get_by_role("button").first.click()
    box.get_by_role("button", name="Labs/MicrosoftGraphSecurity").click()
    settled(page)
    whole = sum(counts(page, key("Severities")))
    assert 0 < whole <= everything  # other tests have other categories
    page.locator("[data-variable=size]").get_by_role("button").first.click()
    expect(box.get_by_role("button", name="All", exact=True)).to_have_count(0)
    box.get_by_role("button", name="small").click()
    settled(page)
    expect(here(page, "Size").get_by_role("button", name="small")).to_be_visible()
    page.locator("[data-variable=severity]").get_by_role("button").first.click()
    for one in ("high", "low"):
        box.get_by_role("checkbox", name=one, exact=True).click()
    expect(box.get_by_role("checkbox", name="All", exact=True)).not_to_be_checked()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("[data-variable=severity]")).to_contain_text("high, low")
    settled(page)
    assert json.loads(parse_qs(urlsplit(page.url).query)["var.severity"][0]) == ["high", "low"]
    assert 0 < sum(counts(page, key("Severities"))) < whole
    page.reload()
    settled(page)
    expect(page.locator("[data-variable=severity]")).to_contain_text("high, low")
    page.get_by_role("button", name="Remove filter severity").click()
    settled(page)
    assert sum(counts(page, key("Severities"))) == whole


def test_a_value_with_quotes_and_pipes_stays_a_value(page: Page, make: Make) -> None:
    titles = {"variableSourceType": "LogQueryVariableSourceDefinition", "field": "title"}
    titled = variable("title", titles | {"query": f"{ALERTS} | count by title"})
    query = f'{ALERTS} | where "{{{{title}}}}" = "*" or title = "{{{{title}}}}" | count by title'
    open_dashboard(page, make([panel("Titles", query, by_name("table"))], [titled]), STILL)
    page.locator("[data-variable=title]").get_by_role("button").first.click()
    page.keyboard.type('x" | count | "')
    page.keyboard.press("Enter")
    settled(page)
    expect(here(page, "Titles")).to_contain_text("Nothing matches")
    page.get_by_role("button", name="Remove filter title").click()
    settled(page)
    page.locator("[data-variable=title]").get_by_role("button").first.click()
    quoted = page.get_by_role("dialog").get_by_role("button", name=re.compile('"'))
    name = quoted.first.inner_text()
    quoted.first.click()
    settled(page)
    expect(here(page, "Titles").locator("tbody tr")).to_have_count(1)
    expect(here(page, "Titles").locator("tbody tr")).to_contain_text(name)


# A panel of the Overview and what in it is pressed.
VALUES = {
    "total-alerts": "[data-value]",
    "high-severity-alerts": "[data-value]",
    "alerts-by-status": "button[data-count]",
    "alerts-by-severity": "button[data-count]",
    "alerts-by-detection-source": "button.row",
    "top-10-users-by-alerts": "button.lead",
}


def test_the_count_behind_a_value_is_the_value(dohyo: Everything, page: Page) -> None:
    open_dashboard(page, dohyo.dohyo.dashboards()["Overview"], STILL)
    for name, pressed in VALUES.items():
        page.locator(f"[data-panel={name}] {pressed}").first.click()
        picked = page.locator("[data-picked]").inner_text().replace(",", "")
        expect(page.locator("[data-messages]")).to_be_visible(timeout=15_000)
        said = page.locator("[data-things]")
        found = (
            said.get_attribute("data-things")
            if said.count()
            else page.locator("[data-messages]").inner_text()
        )
        assert (found or "").replace(",", "") == picked, name
        page.keyboard.press("Escape")
        expect(page.locator("[data-picked]")).to_have_count(0)


def test_an_alert_leads_to_its_pages_and_its_whole_history_by_keyboard(dohyo: Everything, page: Page) -> None:
    found = open_dashboard(page, dohyo.dohyo.dashboards()["Overview"])["recent-alerts"]
    at = {field["name"]: i for i, field in enumerate(found["fields"])}
    ident = found["rows"][0][at["alert_id"]]["text"]
    page.locator("[data-panel=recent-alerts]").focus()
    page.keyboard.press("Enter")
    while not page.locator("[data-panel=recent-alerts] button.lead:focus").count():
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    drawer = page.get_by_role("complementary").or_(page.get_by_role("dialog")).last
    for link in ("Alert in the portal", "Incident in the portal"):
        href = drawer.get_by_role("link", name=link).get_attribute("href") or ""
        assert href.startswith("https://")
    history = page.locator("[data-history] li")
    expect(history.first).to_contain_text("First seen")
    assert violations(page) == []
    assert history.count() == counted(page, f'{SCOPE} | json "id" as id | where id = "{ident}" | count')
    page.go_back()
    expect(history).to_have_count(0)


def test_a_chart_is_walked_and_opened_by_keyboard(dohyo: Everything, page: Page) -> None:
    open_dashboard(page, dohyo.dohyo.dashboards()["Security"])
    page.locator("[data-panel=alerts-by-severity-over-time]").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    first = page.locator(".tip dt.chosen").inner_text()
    page.keyboard.press("ArrowUp")
    second = page.locator(".tip dt.chosen").inner_text()
    assert first != second
    page.keyboard.press("Enter")
    expect(page.locator("[data-picked]")).to_be_visible()
    assert json.loads(parse_qs(urlsplit(page.url).query)["pick"][0])["label"] == second
    page.keyboard.press("Escape")
    expect(page.locator("[data-picked]")).to_have_count(0)


def test_a_copy_has_a_name_of_its_own_and_is_moved_to_where_all_see_it(dohyo: Everything, page: Page) -> None:
    headers, made = {"X-Dohyo": "1"}, []
    try:
        for _ in range(2):
            open_dashboard(page, dohyo.dohyo.dashboards()["Security"])
            page.get_by_role("button", name="Copy to edit").click()
            page.wait_for_url(re.compile("edit=1"))
            expect(page.get_by_role("button", name="Done")).to_be_visible()
            made.append(urlsplit(page.url).path.rpartition("/")[2])
        expect(page.get_by_role("heading", level=1)).to_contain_text("Copy of ")
        page.get_by_role("button", name="Done").click()
        page.get_by_role("button", name="More actions of this dashboard").click()
        assert violations(page) == []
        page.get_by_role("menuitem", name="Move or share").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name=re.compile("Admin Recommended")).click()
        expect(dialog.get_by_role("button", name=re.compile("Admin Recommended"))).to_have_attribute(
            "aria-pressed", "true"
        )
        assert violations(page) == []
        dialog.get_by_role("button", name="Move here").click()
        expect(page.get_by_role("banner")).to_contain_text("Admin Recommended")
    finally:
        for ident in made:
            page.request.delete(f"/api/v2/dashboards/{ident}", headers=headers)


def test_a_range_goes_back_to_the_dashboards_own(dohyo: Everything, page: Page) -> None:
    open_dashboard(page, dohyo.dohyo.dashboards()["Overview"], "from=-3d")
    page.get_by_role("button", name=re.compile("^Time range")).click()
    page.get_by_role("button", name="Last 24 hours default").click()
    settled(page)
    assert "from=" not in page.url
    page.get_by_role("button", name=re.compile("^Time range: Last 24 hours")).click()
    expect(page.get_by_role("button", name=re.compile("default$"))).to_have_count(0)


def test_typed_times_are_those_of_the_readers_zone(
    dohyo: Everything, browser: Browser, signed_in: str
) -> None:
    context = browser.new_context(
        base_url=dohyo.server.address, storage_state=signed_in, timezone_id="Asia/Tokyo"
    )
    watched = Watched(context.new_page())
    page = watched.page
    open_dashboard(page, dohyo.dohyo.dashboards()["Overview"], RANGE)
    page.get_by_role("button", name=re.compile("^Time range")).click()
    page.get_by_label("From, Asia/Tokyo").fill("2026-01-10 09:00")
    page.get_by_label("To, Asia/Tokyo").fill("2026-01-11 09:00")
    page.get_by_role("button", name="Apply times").click()
    asked = parse_qs(urlsplit(page.url).query)
    assert (asked["from"], asked["to"]) == (["1768003200000"], ["1768089600000"])
    watched.check()
    context.close()
