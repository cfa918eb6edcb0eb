/** The published dashboard model turned into what the page draws: kinds, settings and places on the grid. */
import type { DashboardModel, PanelModel } from "../api/types";

export type Kind = "single" | "donut" | "bar" | "time" | "table" | "map" | "text" | "unknown";
export type TimeStyle = "column" | "line" | "area";
export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}
export interface Settings {
  general?: { mode?: string; type?: string; displayType?: string; paginationPageSize?: number; maxNumOfSlices?: number };
  svp?: {
    label?: string;
    noDataString?: string;
    useNoData?: boolean;
    hideLabel?: boolean;
    useBackgroundColor?: boolean;
    thresholds?: { from: number | null; to: number | null; color: string }[];
  };
  overrides?: { series?: string[]; properties?: { color?: string; name?: string } }[];
}
export interface PanelView {
  key: string;
  title: string;
  description: string;
  kind: Kind;
  style: TimeStyle;
  stacked: boolean;
  settings: Settings;
  text: string;
  box: Box;
}

function parsed<T>(text: string | null | undefined): Partial<T> {
  try {
    return (JSON.parse(text || "{}") ?? {}) as Partial<T>;
  } catch {
    return {};
  }
}

function kindOf(panel: PanelModel, settings: Settings): Kind {
  const { mode, type } = settings.general ?? {};
  if (panel.panelType === "TextPanel") return "text";
  if (mode === "singleValueMetrics" || type === "svp") return "single";
  if (mode === "map" || type === "map" || type === "geo") return "map";
  if (type === "table") return "table";
  if (mode === "timeSeries") return "time";
  if (type === "pie" || type === "donut") return "donut";
  if (type === "bar" || type === "column") return "bar";
  return "unknown";
}

function styleOf(type: string | undefined): TimeStyle {
  return type === "line" || type === "area" ? type : "column";
}

export function panelViews(model: DashboardModel): PanelView[] {
  const places = new Map<string, Box>();
  for (const { key, structure } of model.layout?.layoutStructures ?? []) {
    const s = parsed<{ x: number; y: number; width: number; height: number }>(structure);
    places.set(key, { x: s.x ?? 0, y: s.y ?? 0, w: s.width ?? 12, h: s.height ?? 8 });
  }
  const views = model.panels.map((panel): PanelView => {
    const settings = parsed<Settings>(panel.visualSettings);
    const displayType = settings.general?.displayType;
    return {
      key: panel.key,
      title: panel.title,
      description: panel.description ?? "",
      kind: kindOf(panel, settings),
      style: styleOf(settings.general?.type),
      stacked: displayType === "stacked" || displayType === "percentage",
      settings,
      text: panel.text ?? "",
      box: places.get(panel.key) ?? { x: 0, y: 1e6, w: 24, h: 8 },
    };
  });
  return views.sort((a, b) => a.box.y - b.box.y || a.box.x - b.box.x);
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
