/** The ECharts option of a chart over time. */
import type { EChartsCoreOption } from "echarts/core";
import { timeOfDay } from "../time/format";
import { axisTitle, edges, limitLines, reachOf, TEXT, valueAxis } from "./axes";
import { drawn, token } from "./colours";
import type { PanelView } from "./model";
import { dots, piled, type Styled } from "./series";
import { axisOf, limitsOf, type Limit } from "./settings";
import { axisTexts, type Sliced } from "./slices";

export interface Picked {
  at: number;
  name: string;
}
interface Request {
  data: Sliced;
  shown: Styled[];
  view: Pick<PanelView, "settings" | "stacked" | "percent" | "smooth" | "style">;
  width: number;
  picked: Picked | null;
  endNames: boolean;
}
const FADED = 0.35;

/** Columns stand on each other unless they are alone in their slice; lines only where the panel says so. */
export function stacks(view: Request["view"], series: Styled): boolean {
  return view.stacked || (series.style === "column" && view.settings.general?.displayType !== "default");
}

/** Each value as its share of the slice. */
export function shares(series: Styled[]): Styled[] {
  const sums = series[0]?.values.map((_, i) => series.reduce((sum, s) => sum + (s.values[i] ?? 0), 0)) ?? [];
  return series.map((s) => ({ ...s, values: s.values.map((v, i) => (v === null ? null : sums[i] ? (100 * v) / sums[i]! : 0)) }));
}

type Span = [from: number, to: number];
function spans(holds: boolean[]): Span[] {
  const found: Span[] = [];
  holds.forEach((here, i) => {
    if (!here) return;
    if (i && holds[i - 1]) found.at(-1)![1] = i;
    else found.push([i, i]);
  });
  return found;
}

/** Where nothing was, and where a threshold was passed. */
function areas(data: Sliced, shown: Styled[], limits: Limit[], gaps: boolean) {
  const none = data.starts.map((_, i) => shown.every((s) => s.values[i] === null));
  const empty = gaps ? spans(none).filter(([a, b]) => b > a && a > 0 && b < none.length - 1) : [];
  const worst = limits.at(-1);
  const passed = worst ? spans(data.starts.map((_, i) => shown.some((s) => s.values[i] !== null && (worst.below ? s.values[i]! < worst.value : s.values[i]! >= worst.value)))) : [];
  const name = ([a, b]: Span) => `no data ${timeOfDay(data.starts[a]!, false)}–${timeOfDay(data.starts[b]! + data.length_ms, false)}`;
  return [
    ...empty.map((s) => [{ xAxis: s[0], name: name(s), itemStyle: { color: token("informational"), opacity: 0.12 }, label: { color: token("text-3"), fontSize: 11, position: "insideTop" } }, { xAxis: s[1] }]),
    ...passed.map((s) => [{ xAxis: Math.max(0, s[0] - 0.5), itemStyle: { color: token(worst!.level), opacity: 0.07 }, label: { show: false } }, { xAxis: s[1] }]),
  ];
}

export function timeOption({ data, shown: given, view, width, picked, endNames }: Request): EChartsCoreOption {
  const shown = view.stacked ? piled(given, () => true) : given;
  const [x, y, y2] = [axisOf(view.settings, "axisX"), axisOf(view.settings, "axisY"), axisOf(view.settings, "axisY2")];
  const columns = shown.some((s) => s.style === "column" || s.style === "bar");
  const texts = axisTexts(data.starts, data.length_ms, width - 60);
  const limits = view.percent ? [] : limitsOf(view.settings);
  const second = shown.some((s) => s.axis === 1);
  const whole = shown.every((s) => s.values.every((v) => v === null || Number.isInteger(v)));
  const reach = (axis: 0 | 1) => reachOf(second ? shown.filter((s) => s.axis === axis) : shown, (s) => stacks(view, s));
  const marks = areas(data, given, limits, !columns);
  return {
    grid: { left: y.title ? 30 : 12, right: endNames ? 96 : y2.title && second ? 32 : 16, top: 10, bottom: x.title ? 22 : 12, containLabel: true },
    textStyle: TEXT,
    xAxis: {
      type: "category", data: data.starts.map(String), boundaryGap: columns,
      axisLine: { lineStyle: { color: token("line-2") } }, axisTick: { show: false },
      axisLabel: { show: !x.hidden, color: token("text-3"), fontSize: 11, interval: 0, hideOverlap: true, margin: 8, ...edges(!columns), formatter: (_: string, i: number) => texts[i] ?? "" },
      ...axisTitle(x, 24),
    },
    yAxis: [
      valueAxis({ axis: y, whole: whole && !view.percent, percent: view.percent, reach: reach(0), limits }),
      ...(second ? [valueAxis({ axis: y2, whole, right: true, reach: reach(1) })] : []),
    ],
    series: [
      ...shown.map((s, i) => ({
        ...(s.style === "column" || s.style === "bar" ? column(s, data, view, picked) : line(s, view, picked, endNames)),
        yAxisIndex: second ? s.axis : 0,
        markLine: i === 0 && limits.length ? limitLines(limits) : undefined,
        markArea: i === 0 && marks.length ? { silent: true, animation: false, data: marks } : undefined,
      })),
      ...shown.flatMap((s) => band(s).map((one) => ({ ...one, yAxisIndex: second ? s.axis : 0 }))),
    ],
  };
}

/** What is expected, shaded; what left it, marked. */
function band(s: Styled) {
  if (!s.band) return [];
  const { lower, upper, left } = s.band;
  const shared = { type: "line", silent: true, stack: `band ${s.name}`, stackStrategy: "all", symbol: "none", lineStyle: { opacity: 0 }, emphasis: { disabled: true }, z: 1 };
  const height = upper.map((high, i) => (high === null || lower[i] == null ? null : high - lower[i]!));
  const marked = s.values.map((value, i) => (left[i] ? value : null));
  return [
    { ...shared, name: `${s.name} at least`, data: lower },
    { ...shared, name: `${s.name} at most`, data: height, areaStyle: { color: drawn(s.colour), opacity: 0.14 } },
    { type: "scatter", silent: true, name: `${s.name} outside`, data: marked, symbol: "triangle", symbolSize: 10, itemStyle: { color: token("high") }, z: 4 },
  ];
}

function column(s: Styled, data: Sliced, view: Request["view"], picked: Picked | null) {
  const colour = drawn(s.colour);
  const look = (i: number) => {
    if (!picked) return data.cut.has(i) ? { opacity: 0.5 } : null;
    const here = picked.at === i && picked.name === s.name;
    return here ? { borderColor: token("text"), borderWidth: 2 } : { opacity: FADED };
  };
  return {
    type: "bar", name: s.name, stack: stacks(view, s) ? `all${s.axis}` : undefined, barCategoryGap: "22%", barMaxWidth: 40,
    itemStyle: { color: colour, opacity: s.opacity ?? 1 }, emphasis: { disabled: true },
    data: s.values.map((value, i) => (look(i) ? { value, itemStyle: look(i) } : value)),
  };
}

function line(s: Styled, view: Request["view"], picked: Picked | null, endNames: boolean) {
  const colour = drawn(s.colour);
  const points = s.values.filter((v) => v !== null).length;
  const faded = picked && picked.name !== s.name;
  const { markerType, markerSize } = view.settings.general ?? {};
  const marked = !!markerType && markerType !== "none";
  const dotted = (points <= 30 && s.style !== "area") || (marked && points <= 200);
  const size = marked && markerSize ? Math.min(10, markerSize) : 4;
  const mark = s.style === "scatter" ? { showSymbol: true, symbol: "circle", symbolSize: size + 2 } : dots(s, dotted, size);
  return {
    type: s.style === "scatter" ? "scatter" : "line", name: s.name, stack: view.stacked ? `all${s.axis}` : undefined, connectNulls: false, smooth: view.smooth, smoothMonotone: view.smooth ? "x" : undefined,
    data: s.values.map((value, i) => (picked && picked.at === i && picked.name === s.name ? { value, symbolSize: 10, itemStyle: { borderColor: token("text"), borderWidth: 2 } } : value)),
    lineStyle: { width: s.width, color: colour, type: s.dash, opacity: faded ? FADED : 1 }, itemStyle: { color: colour, opacity: faded ? FADED : 1 }, emphasis: { disabled: true },
    ...(picked && !mark.showSymbol ? { showSymbol: true, showAllSymbol: true, symbol: "circle", symbolSize: 0 } : mark),
    areaStyle: s.style === "area" ? { opacity: s.opacity ?? (view.stacked ? 0.55 : 0.1), color: colour } : undefined,
    endLabel: endNames ? { show: true, formatter: s.label, color: token("text"), fontSize: 12, width: 84, overflow: "truncate" } : undefined,
    labelLayout: endNames ? { moveOverlap: "shiftY" } : undefined,
  };
}
