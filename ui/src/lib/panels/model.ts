/** The published dashboard model turned into what the page draws: kinds, settings and places on the grid. */
import type { DashboardModel, LinkedDashboard, PanelModel, TimeRangeModel } from "../api/types";
import { parsed, settingsOf, type Settings } from "./settings";

export type Kind =
  | "single" | "donut" | "bar" | "category" | "time" | "table" | "map" | "honeycomb" | "box" | "funnel" | "sankey" | "text" | "section" | "none";
export type Style = "column" | "line" | "area" | "scatter" | "bubble" | "bar";
export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}
export interface QueryView {
  key: string;
  text: string;
  shown: boolean;
}
export interface PanelView {
  key: string;
  title: string;
  /** What the panel is called where it must not be taken for another one. */
  name: string;
  description: string;
  kind: Kind;
  style: Style;
  stacked: boolean;
  percent: boolean;
  smooth: boolean;
  settings: Settings;
  text: string;
  box: Box;
  queries: QueryView[];
  range: TimeRangeModel | null;
  linked: LinkedDashboard[];
  rules: NonNullable<PanelModel["coloringRules"]>;
  /** Keys of the panels that a section folds, and whether it begins folded. */
  children: string[];
  folded: boolean;
  /** Why nothing can be drawn, where that is so. */
  lacking: string;
}

const CATEGORY_TYPES = new Set(["column", "line", "area", "scatter", "bubble"]);

export function kindOf(panelType: string, settings: Settings): Kind {
  const { mode, type = "" } = settings.general ?? {};
  if (panelType === "TextPanel") return "text";
  if (panelType === "CollapsiblePanel") return "section";
  if (panelType !== "SumoSearchPanel") return "none";
  const low = type.toLowerCase();
  if (mode === "singleValueMetrics" || low === "svp" || low === "svv") return "single";
  if (mode === "map" || low === "map" || low === "geo") return "map";
  if (mode === "honeyComb" || low === "honeycomb") return "honeycomb";
  if (low === "table") return "table";
  if (low === "boxplot" || low === "box" || low === "boxandwhisker") return "box";
  if (low === "funnel" || low === "sankey") return low;
  if (low === "title" || low === "text") return "text";
  if (mode === "timeSeries") return "time";
  if (low === "pie" || low === "donut") return "donut";
  if (low === "bar") return "bar";
  if (CATEGORY_TYPES.has(low)) return "category";
  return "table";
}

function styleOf(kind: Kind, type: string | undefined): Style {
  if (type === "area" || type === "line" || type === "scatter" || type === "bubble") return type;
  if (kind === "bar") return "bar";
  // A chart over time without a type is one of lines.
  return type ? "column" : "line";
}

function lackOf(panel: PanelModel, kind: Kind, queries: QueryView[]): string {
  if (/traces|servicemap/i.test(panel.panelType)) return "This panel reads traces, which Dohyo does not collect. Its settings are kept.";
  if (/eventsofinterest/i.test(panel.panelType)) return "This panel reads metrics, which Dohyo does not collect. Its settings are kept.";
  if (kind === "none") return `Panels of type ${panel.panelType} are not known here. Its settings are kept.`;
  if (kind === "text" || kind === "section") return "";
  if (!panel.queries?.length) return "This panel has no query yet.";
  return queries.length ? "" : "This panel reads metrics, which Dohyo does not collect. Its settings are kept.";
}

/** The first words of a text without its marks. */
const beginning = (text: string) => text.replace(/[#*_>`|~-]+/g, " ").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").trim().split(/\s+/).slice(0, 6).join(" ").slice(0, 60);

export function panelView(panel: PanelModel, box: Box): PanelView {
  const settings = settingsOf(panel.visualSettings);
  const kind = kindOf(panel.panelType, settings);
  const displayType = settings.general?.displayType;
  const hidden = new Set(settings.hiddenQueryKeys ?? []);
  const logs = (panel.queries ?? []).filter((q) => (q.queryType ?? "Logs") === "Logs");
  const queries = logs.map((q, i) => ({ key: q.queryKey || String.fromCharCode(65 + i), text: q.queryString, shown: !hidden.has(q.queryKey) }));
  return {
    key: panel.key,
    title: panel.title ?? "",
    name: panel.title || beginning(panel.text ?? "") || "Text",
    description: panel.description ?? "",
    kind,
    style: styleOf(kind, settings.general?.type),
    stacked: displayType === "stacked" || displayType === "percentage",
    percent: displayType === "percentage",
    smooth: displayType === "smooth",
    settings,
    text: panel.text ?? "",
    box,
    queries,
    range: panel.timeRange ?? null,
    linked: panel.linkedDashboards ?? [],
    rules: (panel.coloringRules ?? []).filter((rule) => Array.isArray(rule.colorThresholds)),
    children: Array.isArray(panel.collapsiblePanelChildKeys) ? panel.collapsiblePanelChildKeys : [],
    folded: !!panel.collapsed,
    lacking: lackOf(panel, kind, queries),
  };
}

export function boxesOf(model: DashboardModel): Map<string, Box> {
  const places = new Map<string, Box>();
  for (const { key, structure } of model.layout?.layoutStructures ?? []) {
    const s = parsed<{ x: number; y: number; width: number; height: number }>(structure);
    const w = Math.min(24, Math.max(1, Math.round(s.width ?? 12)));
    places.set(key, { x: Math.min(24 - w, Math.max(0, Math.round(s.x ?? 0))), y: Math.max(0, Math.round(s.y ?? 0)), w, h: Math.max(1, Math.round(s.height ?? 8)) });
  }
  return places;
}

/** In reading order. A panel without a place stands at the end. */
export function panelViews(model: DashboardModel): PanelView[] {
  const places = boxesOf(model);
  const views = model.panels.map((panel) => panelView(panel, places.get(panel.key) ?? { x: 0, y: 1e6, w: 24, h: 8 }));
  views.sort((a, b) => a.box.y - b.box.y || a.box.x - b.box.x);
  const seen = new Map<string, number>();
  for (const view of views) {
    const before = seen.get(view.name) ?? 0;
    seen.set(view.name, before + 1);
    if (before) view.name = `${view.name} (${before + 1})`;
  }
  return views;
}

/** The panels that ask the server, and under which keys. */
export function asking(views: PanelView[]): { key: string; queryKeys: string[] }[] {
  return views.filter((view) => !view.lacking && view.kind !== "text" && view.kind !== "section").map((view) => ({ key: view.key, queryKeys: view.queries.map((q) => q.key) }));
}

/** Lets every panel rise until it touches what stands above it. Expects reading order. */
export function closeGaps(boxes: Box[]): Box[] {
  const placed: Box[] = [];
  for (const box of boxes) {
    const above = placed.filter((p) => p.x < box.x + box.w && box.x < p.x + p.w);
    placed.push({ ...box, y: Math.max(0, ...above.map((p) => p.y + p.h)) });
  }
  return placed;
}

/** The same panels on twelve columns: widths halved, at least six, in reading order. */
export function narrowed(boxes: Box[]): Box[] {
  let x = 0;
  let y = 0;
  let tall = 0;
  const flowed = boxes.map((box) => {
    const w = Math.min(12, Math.max(6, Math.ceil(box.w / 2)));
    if (x + w > 12) {
      x = 0;
      y += tall;
      tall = 0;
    }
    const at = { x, y, w, h: box.h };
    x += w;
    tall = Math.max(tall, box.h);
    return at;
  });
  // Panels of a row get its height, and the last one what is left of its width.
  flowed.forEach((box, i) => {
    const next = flowed[i + 1];
    if (!next || next.y > box.y) box.w = 12 - box.x;
    box.h = Math.max(...flowed.filter((other) => other.y === box.y).map((other) => other.h));
  });
  return flowed;
}
