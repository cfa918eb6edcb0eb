/** How the series of a panel are named, coloured and drawn: its overrides and rules first, then names, then the palette. */
import { seriesTokens, writtenColour } from "./colours";
import type { PanelView, Style } from "./model";
import type { OverrideProperties } from "./settings";
import type { Series } from "./slices";

export interface Styled extends Series {
  label: string;
  /** A CSS colour, maybe a `var()`. */
  colour: string;
  style: Style;
  axis: 0 | 1;
  dash: "solid" | "dashed" | "dotted";
  width: number;
  opacity: number | null;
  /** What `outlier` expects: bounds by slice, and where it was left. */
  band?: { lower: (number | null)[]; upper: (number | null)[]; left: boolean[] };
}

const OF_OUTLIER = ["lower", "upper", "error", "indicator", "violation", "std"];
/** The columns that `outlier` adds to a series become its band; they are no lines of their own. */
export function withBands(all: Styled[]): Styled[] {
  const byName = new Map(all.map((s) => [`${s.query}_${s.name}`, s]));
  const taken = new Set<Styled>();
  const found = all.map((s): Styled => {
    const of = (what: string) => byName.get(`${s.query}_${s.name}_${what}`);
    const [lower, upper] = [of("lower"), of("upper")];
    if (!lower || !upper) return s;
    for (const what of OF_OUTLIER) if (of(what)) taken.add(of(what)!);
    const flags = of("violation") ?? of("indicator");
    return { ...s, band: { lower: lower.values, upper: upper.values, left: s.values.map((_, i) => !!flags?.values[i]) } };
  });
  return found.filter((_, i) => !taken.has(all[i]!));
}

/** Lines and areas that stand on each other have no gaps: what is absent from a slice adds nothing to it. */
export function piled(all: Styled[], holds: (s: Styled) => boolean): Styled[] {
  const here = all.map((s) => holds(s) && (s.style === "line" || s.style === "area"));
  const some = all[0]?.values.map((_, i) => all.some((s, n) => here[n] && s.values[i] !== null)) ?? [];
  return all.map((s, n) => (here[n] ? { ...s, values: s.values.map((v, i) => v ?? (some[i] ? 0 : null)) } : s));
}

/**
 * How ECharts marks the points of a line: dots where there are few, else only a point that no line reaches.
 * Areas have none of the first kind: their edge says as much.
 */
export function dots(s: Styled, dotted: boolean, size: number) {
  const alone = s.values.map((v, i) => v !== null && (s.values[i - 1] ?? null) === null && (s.values[i + 1] ?? null) === null);
  if (!dotted && !alone.includes(true)) return { showSymbol: false };
  return { showSymbol: true, showAllSymbol: true, symbol: "circle", symbolSize: (_: unknown, { dataIndex }: { dataIndex: number }) => (alone[dataIndex] ? Math.max(5, size) : dotted ? size : 0) };
}

type Look = Pick<PanelView, "settings" | "style" | "rules">;

function propertiesOf(view: Look, series: { name: string; query: string }): OverrideProperties {
  const merged: OverrideProperties = {};
  for (const override of view.settings.overrides ?? []) {
    const bySeries = override.series?.some((name) => name === series.name || name === `${series.query}_${series.name}`);
    const byQuery = !override.series?.length && override.queries?.includes(series.query);
    if (!bySeries && !byQuery) continue;
    for (const [key, value] of Object.entries(override.properties ?? {})) {
      // The editor of the original writes the chart's own type along; it says nothing then.
      if (key === "type" && override.userProvidedChartType === false && !bySeries) continue;
      if (value !== "" && value !== null) Object.assign(merged, { [key]: value });
    }
  }
  return merged;
}

const AGGREGATES: Record<string, (values: number[]) => number> = {
  sum: (v) => v.reduce((a, b) => a + b, 0),
  count: (v) => v.length,
  min: (v) => Math.min(...v),
  max: (v) => Math.max(...v),
  avg: (v) => v.reduce((a, b) => a + b, 0) / (v.length || 1),
  latest: (v) => v.at(-1) ?? NaN,
};

/** The colour of the first rule whose scope names the series and whose bounds hold its aggregate. */
export function ruleColour(rules: PanelView["rules"], series: Pick<Series, "name" | "values">): string | null {
  for (const rule of rules) {
    let names = false;
    try {
      names = new RegExp(`^(?:${rule.scope})$`).test(series.name);
    } catch {
      continue;
    }
    if (!names) continue;
    const values = series.values.filter((v): v is number => v !== null);
    const value = (AGGREGATES[(rule.singleSeriesAggregateFunction ?? "latest").toLowerCase()] ?? AGGREGATES.latest!)(values);
    const hit = rule.colorThresholds.find((t) => (t.min ?? -Infinity) <= value && value < (t.max ?? Infinity));
    const colour = writtenColour(hit?.color);
    if (colour) return colour;
  }
  return null;
}

const template = (name: string, series: Series) => name.replace(/\{\{([^}]+)\}\}/g, (_, field: string) => series.keys[field.trim()] ?? "").trim();

export function styled(all: Series[], view: Look): Styled[] {
  const given = view.settings.series ?? {};
  const own = (s: Series) => given[s.name] ?? given[`${s.query}_${s.name}`];
  const series = all.filter((s) => own(s)?.visible !== false);
  const tokens = seriesTokens(series.map((s) => s.name));
  const general = view.settings.general ?? {};
  return series.map((s, i): Styled => {
    const p = propertiesOf(view, s);
    const type = p.type as Style | undefined;
    return {
      ...s,
      label: (p.name && template(p.name, s)) || own(s)?.name || s.name,
      colour: writtenColour(p.color) ?? ruleColour(view.rules, s) ?? writtenColour(own(s)?.color) ?? `var(--${tokens[i]})`,
      style: type && ["column", "line", "area", "bar", "scatter"].includes(type) ? type : view.style,
      axis: /sec|y2|right/i.test(p.axisYType ?? "") ? 1 : 0,
      dash: ([p.lineDashType, general.lineDashType].find((d) => d === "dash" || d === "dashed" || d === "dot" || d === "dotted") ?? "solid").replace(/^(dash|dot)$/, (d) => ({ dash: "dashed", dot: "dotted" })[d]!) as Styled["dash"],
      width: p.lineThickness ?? (general.lineThickness && general.lineThickness > 1 ? general.lineThickness : 1.75),
      opacity: p.fillOpacity ?? null,
    };
  });
}
