/** New dashboards, panels and variables in the published shapes. */
import type { DashboardModel, PanelModel, TimeRangeModel, VariableModel } from "../api/types";

export const lastDay = (): TimeRangeModel => ({ type: "BeginBoundedTimeRange", from: { type: "RelativeTimeRangeBoundary", relativeTime: "-24h" }, to: null });

export function newDashboard(folderId: string, title = `New dashboard ${new Date().toISOString().slice(0, 16).replace("T", " ")}`): Omit<DashboardModel, "id"> {
  return {
    title, description: "", folderId, theme: "Light", refreshInterval: 0, timeRange: lastDay(), topologyLabelMap: { data: {} },
    panels: [], layout: { layoutType: "Grid", layoutStructures: [] }, variables: [], coloringRules: [],
  };
}

let last = 0;
/** A key that no panel has: the moment and a counter. */
export function freshKey(): string {
  return `panel${Date.now().toString(36)}${(last++).toString(36)}`;
}

const visual = (general: object, more: object = {}) => JSON.stringify({ title: { fontSize: 14 }, general: { displayType: "default", ...general }, series: {}, ...more });

export function newPanel(title = "New panel"): PanelModel {
  return {
    id: null, key: freshKey(), title, description: "", panelType: "SumoSearchPanel",
    visualSettings: visual({ mode: "distribution", type: "table", paginationPageSize: 20, fontSize: 12 }), keepVisualSettingsConsistentWithParent: true,
    queries: [newQuery("A", "")], timeRange: null, coloringRules: null, linkedDashboards: [],
  };
}
export function newText(): PanelModel {
  return {
    id: null, key: freshKey(), title: "", panelType: "TextPanel", text: "## A heading\nText in **Markdown**.",
    visualSettings: JSON.stringify({ title: { fontSize: 14 }, general: { mode: "TextPanel", type: "text", displayType: "default" }, text: { format: "markdownV2", verticalAlignment: "top", horizontalAlignment: "left", fontSize: 13 } }),
    keepVisualSettingsConsistentWithParent: true,
  };
}
export function newQuery(key: string, queryString: string) {
  return {
    queryString, queryType: "Logs", queryKey: key, metricsQueryMode: null, metricsQueryData: null, tracesQueryData: null, spansQueryData: null,
    parseMode: "Manual", timeSource: "Message", transient: false, outputCardinalityLimit: 1000,
  };
}
export function newVariable(name: string): VariableModel {
  return {
    id: null, name, displayName: name, defaultValue: "*", sourceDefinition: { variableSourceType: "CsvVariableSourceDefinition", values: "" },
    allowMultiSelect: false, includeAllOption: true, hideFromUI: false, valueType: "Any",
  };
}
