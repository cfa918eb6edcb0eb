/** Changes of a panel's `visualSettings`, key by key: what the editor does not know stays as it was. */
import ChartBar from "@lucide/svelte/icons/chart-bar";
import AreaChart from "@lucide/svelte/icons/chart-area";
import ChartColumn from "@lucide/svelte/icons/chart-column";
import ChartLine from "@lucide/svelte/icons/chart-line";
import ChartPie from "@lucide/svelte/icons/chart-pie";
import ChartScatter from "@lucide/svelte/icons/chart-scatter";
import ChartCandlestick from "@lucide/svelte/icons/chart-candlestick";
import CircleDot from "@lucide/svelte/icons/circle-dot";
import Funnel from "@lucide/svelte/icons/funnel";
import Globe from "@lucide/svelte/icons/globe";
import Hexagon from "@lucide/svelte/icons/hexagon";
import Sigma from "@lucide/svelte/icons/hash";
import Table2 from "@lucide/svelte/icons/table-2";
import Waypoints from "@lucide/svelte/icons/waypoints";
import type { Answer, PanelModel } from "../api/types";
import { isNumber, isTime } from "../panels/cells";
import { flightsOf, placesOf } from "../panels/geo";
import { parsed, type Settings } from "../panels/settings";

type Raw = Record<string, unknown>;
/** The settings with one value set at a path; undefined takes the key away. */
export function withSetting(text: string | null | undefined, path: string[], value: unknown): string {
  const root = structuredClone(parsed<Raw>(text)) as Raw;
  let at = root;
  for (const key of path.slice(0, -1)) {
    const next = at[key];
    at[key] = next && typeof next === "object" && !Array.isArray(next) ? next : {};
    at = at[key] as Raw;
  }
  const last = path.at(-1)!;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return JSON.stringify(root);
}

export interface ChartType {
  key: string;
  name: string;
  icon: typeof Table2;
  /** What stands in the way of it with these columns; empty if nothing does. */
  lacks: (answer: Answer | undefined) => string;
  /** `general.mode` and `general.type`. */
  general: (timed: boolean) => { mode: string; type: string };
}
const aggregate = (a: Answer | undefined) => (a && !a.aggregate ? "Needs a query that counts or sums: this one lists messages." : "");
const numbered = (a: Answer | undefined) => aggregate(a) || (a && a.fields.length && !a.fields.some(isNumber) ? "Needs a column of numbers." : "");
const words = (a: Answer | undefined, least: number) => a && a.fields.length && a.fields.filter((f) => !isNumber(f)).length < least;
const drawn = (type: string, mode?: string) => (timed: boolean) => ({ mode: mode ?? (timed ? "timeSeries" : "distribution"), type });

export const TYPES: ChartType[] = [
  { key: "table", name: "Table", icon: Table2, lacks: () => "", general: drawn("table", "distribution") },
  { key: "svp", name: "Single value", icon: Sigma, lacks: aggregate, general: drawn("svp", "singleValueMetrics") },
  { key: "line", name: "Line", icon: ChartLine, lacks: numbered, general: drawn("line") },
  { key: "column", name: "Column", icon: ChartColumn, lacks: numbered, general: drawn("column") },
  { key: "area", name: "Area", icon: AreaChart, lacks: numbered, general: drawn("area") },
  { key: "bar", name: "Bar", icon: ChartBar, lacks: numbered, general: drawn("bar", "distribution") },
  { key: "pie", name: "Pie", icon: ChartPie, lacks: (a) => numbered(a) || (words(a, 1) ? "Needs a column of names." : ""), general: drawn("pie", "distribution") },
  { key: "scatter", name: "Scatter", icon: ChartScatter, lacks: numbered, general: drawn("scatter") },
  { key: "bubble", name: "Bubble", icon: CircleDot, lacks: numbered, general: drawn("bubble", "distribution") },
  { key: "boxPlot", name: "Box plot", icon: ChartCandlestick, lacks: (a) => numbered(a) || (a && a.fields.length && a.fields.filter(isNumber).length < 5 ? "Needs five columns of numbers: minimum, 25th, 50th and 75th percentile, maximum." : ""), general: drawn("boxPlot", "distribution") },
  { key: "map", name: "Map", icon: Globe, lacks: (a) => aggregate(a) || (a && a.fields.length && !placesOf(a) && !flightsOf(a) ? "Needs the columns latitude, longitude and _count." : ""), general: drawn("map", "map") },
  { key: "honeyComb", name: "Honeycomb", icon: Hexagon, lacks: numbered, general: drawn("honeyComb", "honeyComb") },
  { key: "funnel", name: "Funnel", icon: Funnel, lacks: (a) => numbered(a) || (words(a, 1) ? "Needs a column of names." : ""), general: drawn("funnel", "distribution") },
  { key: "sankey", name: "Flow", icon: Waypoints, lacks: (a) => numbered(a) || (words(a, 2) ? "Needs two columns of names, from and to." : ""), general: drawn("sankey", "distribution") },
];

export function typeKey(settings: Settings): string {
  const { mode, type = "" } = settings.general ?? {};
  if (mode === "singleValueMetrics") return "svp";
  if (mode === "map") return "map";
  if (!type && mode === "timeSeries") return "line";
  return TYPES.find((t) => t.key.toLowerCase() === type.toLowerCase())?.key ?? "table";
}

export function withType(panel: PanelModel, type: ChartType, answer: Answer | undefined): PanelModel {
  const timed = !!answer?.fields.some(isTime);
  const general = (parsed<Raw>(panel.visualSettings).general ?? {}) as Raw;
  const { mode, type: name } = type.general(timed);
  const stacked = type.key === "column" && timed && !general.displayType ? { displayType: "stacked" } : {};
  return { ...panel, visualSettings: withSetting(panel.visualSettings, ["general"], { displayType: "default", ...general, ...stacked, mode, type: name }) };
}
