/** The ECharts option of a chart over categories: columns, lines, areas, points, bubbles, and bars of several measures. */
import type { EChartsCoreOption } from "echarts/core";
import { axisTitle, edges, labelRoom, limitLines, reachOf, TEXT, valueAxis } from "./axes";
import type { Categories } from "./categories";
import { drawn, token } from "./colours";
import type { PanelView } from "./model";
import { dots, piled, type Styled } from "./series";
import { axisOf, limitsOf } from "./settings";

interface Request {
  data: Categories;
  shown: Styled[];
  view: PanelView;
  width: number;
  picked: { at: number; name: string } | null;
}
const FADED = 0.35;

/** Cut in the middle for paths and addresses, at the end for sentences. */
export function shortened(name: string, letters: number): string {
  if (name.length <= letters) return name;
  if (/[/@\\]|\.\w+\./.test(name)) return `${name.slice(0, Math.ceil(letters / 2) - 1)}…${name.slice(-Math.floor(letters / 2))}`;
  return `${name.slice(0, letters - 1)}…`;
}

/** Room of a name under an upright chart, in letters, and how many names are left out after each. */
function slots(width: number, many: number): { letters: number; skipped: number } {
  const slot = (width - 60) / Math.max(1, many);
  const every = Math.max(1, Math.ceil(44 / slot));
  return { letters: Math.max(4, Math.floor((slot * every - 10) / 6.3)), skipped: every - 1 };
}

export function categoryOption({ data, shown: given, view, width, picked }: Request): EChartsCoreOption {
  const shown = view.stacked ? piled(given, () => true) : given;
  const lying = view.kind === "bar";
  const [x, y, y2] = [axisOf(view.settings, "axisX"), axisOf(view.settings, "axisY"), axisOf(view.settings, "axisY2")];
  const second = !lying && shown.some((s) => s.axis === 1);
  const limits = view.percent ? [] : limitsOf(view.settings);
  const whole = shown.every((s) => s.values.every((v) => v === null || Number.isInteger(v)));
  const points = view.style === "scatter" || view.style === "bubble";
  const { letters, skipped } = lying ? { letters: Math.max(10, Math.floor((width * 0.36) / 6.5)), skipped: 0 } : slots(width, data.names.length);
  const reach = (axis: 0 | 1) => reachOf(second ? shown.filter((s) => s.axis === axis) : shown, () => view.stacked);
  /** Marks stand between the ends of the axis, not on them. */
  const within = lying || points || shown.some((s) => s.style === "column");
  const named = data.names.map((name) => shortened(name || "(empty)", letters));
  const names = {
    type: "category" as const, data: named, inverse: lying, boundaryGap: within,
    axisLine: { show: !lying, lineStyle: { color: token("line-2") } }, axisTick: { show: false },
    axisLabel: { show: !x.hidden, color: token(lying ? "text" : "text-3"), fontSize: lying ? 12 : 11, interval: skipped, width: lying ? undefined : letters * 7, overflow: "truncate" as const, ...edges(!within) },
    ...axisTitle(x, lying ? labelRoom(named, 6.6) + 14 : 24),
  };
  const first = valueAxis({ axis: y, whole: whole && !view.percent, percent: view.percent, lying, reach: reach(0), limits });
  const values = [first, ...(second ? [valueAxis({ axis: y2, whole, right: true, reach: reach(1) })] : [])];
  return {
    grid: {
      left: (lying ? x : y).title ? 30 : 12, right: lying ? 24 : second && y2.title ? 32 : 16, top: view.style === "bubble" || (lying && limits.length) ? 24 : 10,
      bottom: (lying ? y : x).title ? 22 : 12, containLabel: true,
    },
    textStyle: TEXT,
    xAxis: lying ? first : names,
    yAxis: lying ? names : values,
    series: shown.map((s, i) => ({ ...mark(s, view, picked, shown), yAxisIndex: second ? s.axis : 0, markLine: i === 0 && limits.length ? limitLines(limits, lying) : undefined })),
  };
}

/** A bubble's area follows its value. */
function bubble(value: number, most: number): number {
  return 8 + 32 * Math.sqrt(Math.max(0, value) / (most || 1));
}

function mark(s: Styled, view: PanelView, picked: Request["picked"], shown: Styled[]) {
  const colour = drawn(s.colour);
  const stack = view.stacked ? `all${s.axis}` : undefined;
  const look = (i: number) => (!picked ? null : picked.at === i && picked.name === s.name ? { borderColor: token("text"), borderWidth: 2 } : { opacity: FADED });
  const data = s.values.map((value, i) => (look(i) ? { value, itemStyle: look(i) } : value));
  if (s.style === "line" || s.style === "area") {
    return {
      type: "line", name: s.name, data, stack, smooth: view.smooth, smoothMonotone: view.smooth ? "x" : undefined, connectNulls: false, emphasis: { disabled: true },
      ...dots(s, picked ? true : s.values.length <= 30 && s.style !== "area", 5),
      lineStyle: { width: s.width, color: colour, type: s.dash }, itemStyle: { color: colour },
      areaStyle: s.style === "area" ? { opacity: s.opacity ?? (view.stacked ? 0.55 : 0.1), color: colour } : undefined,
    };
  }
  if (s.style === "scatter" || s.style === "bubble") {
    const most = Math.max(...shown.flatMap((one) => one.values.map((v) => v ?? 0)));
    const size = s.style === "bubble" ? (value: unknown) => bubble(Number(Array.isArray(value) ? value.at(-1) : value), most) : 9;
    return { type: "scatter", name: s.name, data, symbolSize: size, itemStyle: { color: colour, opacity: s.style === "bubble" ? 0.65 : 0.9 }, emphasis: { disabled: true } };
  }
  return { type: "bar", name: s.name, data, stack, barCategoryGap: "22%", barMaxWidth: view.kind === "bar" ? 16 : 40, itemStyle: { color: colour, opacity: s.opacity ?? 1 }, emphasis: { disabled: true } };
}
