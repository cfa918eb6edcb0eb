/** A dashboard with every kind of panel, for looking at the drawings. */
const panel = (key, title, visual, hint, more = {}) => ({
  id: null, key, title, description: "", panelType: "SumoSearchPanel", visualSettings: JSON.stringify(visual), keepVisualSettingsConsistentWithParent: true,
  queries: [{ queryString: `_sourceCategory=labs\n| count by x // sample: ${hint}`, queryType: "Logs", queryKey: "A", parseMode: "Manual", timeSource: "Message" }],
  timeRange: null, coloringRules: null, linkedDashboards: [], ...more,
});
const of = (mode, type, more = {}) => ({ ...more, general: { mode, type, displayType: "default", ...more.general }, title: { fontSize: 14 } });
const svp = (more) => ({ ...of("singleValueMetrics", "svp"), svp: { option: "Latest", label: "distinct alerts", ...more } });
const limits = { showThresholds: true, numberThresholds: { warning: { value: 6, comparator: "greater_or_equal", display: true }, critical: { value: 9, comparator: "greater_or_equal", display: true } } };
const PANELS = [
  [panel("g-title", "", { text: { format: "markdownV2", fontSize: 16, verticalAlignment: "center", backgroundColor: "#066180", textColor: "white" } }, "", { panelType: "TextPanel", text: "# Every kind of panel\n<script>alert(1)</script> stays *text*, **bold**, `code`, [link](https://example.com), [bad](javascript:alert(1))" }), 0, 0, 24, 4],
  [panel("g-spark", "Sparkline", svp({ sparkline: { show: true }, option: "Sum" }), "sparkline"), 0, 4, 4, 7],
  [panel("g-compare", "Compared", svp({ thresholds: [{ from: 200, to: null, color: "#BF2121" }] }), "compare"), 4, 4, 4, 7],
  [panel("g-filled", "Filled", svp({ useBackgroundColor: true, thresholds: [{ from: 100, to: null, color: "#DFBE2E" }] }), "single"), 8, 4, 4, 7],
  [panel("g-gauge", "Gauge", svp({ gauge: { show: true, min: 0, max: 400 }, unit: "ms" }), "single"), 12, 4, 4, 7],
  [panel("g-donut", "Donut", of("distribution", "pie"), "donut"), 16, 4, 8, 7],
  [panel("g-line", "Lines, thresholds, two axes", { ...of("timeSeries", "line"), thresholdsSettings: limits, axes: { axisY: { title: "alerts" }, axisY2: { title: "events" } }, overrides: [{ series: ["medium"], properties: { axisYType: "secondary", lineDashType: "dash" } }] }, "timeSeries"), 0, 11, 12, 9],
  [panel("g-gap", "Area with a gap", of("timeSeries", "area"), "gap"), 12, 11, 12, 9],
  [panel("g-percent", "Percent, legend right", { ...of("timeSeries", "column", { general: { displayType: "percentage" } }), legend: { enabled: true, verticalAlign: "right", showAsTable: true } }, "timeSeries"), 0, 20, 12, 9],
  [panel("g-two", "Two queries, one hidden of three", { ...of("timeSeries", "line"), hiddenQueryKeys: ["C"], overrides: [{ series: [], queries: ["B"], properties: { type: "column", color: "#DFBE2E" } }] }, "sparkline", {
    queries: ["sparkline", "timeSeries", "gap"].map((hint, i) => ({ queryString: `* | count // sample: ${hint}`, queryType: "Logs", queryKey: "ABC"[i] })),
  }), 12, 20, 12, 9],
  [panel("g-column", "Columns by category", of("distribution", "column"), "measures"), 0, 29, 8, 9],
  [panel("g-bars", "Bars of two measures", of("distribution", "bar", { general: { displayType: "stacked" } }), "measures"), 8, 29, 8, 9],
  [panel("g-bubble", "Bubbles", of("distribution", "bubble"), "measures"), 16, 29, 8, 9],
  [panel("g-box", "Box plot", of("distribution", "boxPlot"), "box"), 0, 38, 8, 9],
  [panel("g-funnel", "Funnel", of("distribution", "funnel"), "funnel"), 8, 38, 8, 9],
  [panel("g-sankey", "Flow", of("distribution", "sankey"), "sankey"), 16, 38, 8, 9],
  [panel("g-heat", "Heat map", { ...of("map", "map"), map: { mainMetric: { layerType: "Heat" } } }, "map"), 0, 47, 12, 10],
  [panel("g-missile", "Flights", of("map", "map"), "flights"), 12, 47, 12, 10],
  [panel("g-comb", "Honeycomb", { ...of("honeyComb", "honeyComb"), honeyComb: { shape: "hexagon", thresholds: [{ from: 0, to: 500, color: "#75bf00" }, { from: 500, to: 1000, color: "#f6c851" }, { from: 1000, to: null, color: "#f36644" }] } }, "honeyComb"), 0, 57, 12, 8],
  [panel("g-table", "Table with thresholds", { ...of("distribution", "table", { general: { paginationPageSize: 10, decimals: 1 } }), thresholdsSettings: { ...limits, numberThresholds: { warning: { value: 60, comparator: "greater_or_equal" }, critical: { value: 100, comparator: "greater_or_equal" } }, conditionalRules: [{ column: "host", comparator: "contains", value: "app-3.", target: "row", backgroundColor: "#066180" }] } }, "table", { timeRange: { type: "BeginBoundedTimeRange", from: { type: "RelativeTimeRangeBoundary", relativeTime: "-3h" }, to: null } }), 12, 57, 12, 8],
  [panel("g-metrics", "Metrics only", of("timeSeries", "line"), "", { queries: [{ queryString: "metric=x", queryType: "Metrics", queryKey: "A" }] }), 0, 66, 8, 6],
  [panel("g-error", "Query error", of("distribution", "table"), "error"), 8, 66, 8, 6],
  [panel("g-section", "A section", {}, "", { panelType: "CollapsiblePanel", collapsed: false, collapsiblePanelChildKeys: ["g-metrics", "g-error"], queries: null }), 0, 65, 24, 1],
];

export const gallery = () => ({
  id: "gallery", title: "Every kind of panel", description: "For looking at the drawings.", theme: "Light", refreshInterval: 0, topologyLabelMap: { data: {} }, variables: [],
  timeRange: { type: "BeginBoundedTimeRange", from: { type: "RelativeTimeRangeBoundary", relativeTime: "-24h" }, to: null },
  layout: { layoutType: "Grid", layoutStructures: PANELS.map(([{ key }, x, y, width, height]) => ({ key, structure: JSON.stringify({ height, width, x, y }) })) },
  panels: PANELS.map(([one]) => one),
});
