/** The ECharts option of a chart over categories: columns, lines, areas, points, bubbles, and bars of several measures. */
import type { EChartsCoreOption } from "echarts/core";
import { axisTitle, limitLines, TEXT, valueAxis } from "./axes";
import type { Categories } from "./categories";
import { drawn, token } from "./colours";
import type { PanelView } from "./model";
import type { Styled } from "./series";
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

export function categoryOption({ data, shown, view, width, picked }: Request): EChartsCoreOption {
  const lying = view.kind === "bar";
  const [x, y, y2] = [axisOf(view.settings, "axisX"), axisOf(view.settings, "axisY"), axisOf(view.settings, "axisY2")];
  const second = !lying && shown.some((s) => s.axis === 1);
  const limits = view.percent || lying ? [] : limitsOf(view.settings);
  const whole = shown.every((s) => s.values.every((v) => v === null || Number.isInteger(v)));
  const points = view.style === "scatter" || view.style === "bubble";
  const letters = lying ? Math.max(10, Math.floor((width * 0.36) / 6.5)) : Math.max(4, Math.floor(width / Math.max(1, data.names.length) / 7));
  const names = {
    type: "category" as const, data: data.names, inverse: lying, boundaryGap: lying || points || shown.some((s) => s.style === "column"),
    axisLine: { show: !lying, lineStyle: { color: token("line-2") } }, axisTick: { show: false },
    axisLabel: { show: !x.hidden, color: token(lying ? "text" : "text-3"), fontSize: lying ? 12 : 11, hideOverlap: true, interval: lying ? 0 : "auto", formatter: (name: string) => shortened(name, letters) },
    ...axisTitle(x, lying ? 80 : 24),
  };
  const first = valueAxis({ axis: y, whole: whole && !view.percent, percent: view.percent, reach: limits.length ? Math.max(...limits.map((l) => l.value)) : undefined });
  const values = [first, ...(second ? [valueAxis({ axis: y2, whole, right: true })] : [])];
  return {
    grid: { left: y.title ? 30 : 12, right: 16, top: 10, bottom: x.title ? 22 : 12, containLabel: true },
    textStyle: TEXT,
    xAxis: lying ? { ...first, nameGap: 24 } : names,
    yAxis: lying ? names : values,
    series: shown.map((s, i) => ({ ...mark(s, view, picked, shown), yAxisIndex: second ? s.axis : 0, markLine: i === 0 && limits.length ? limitLines(limits) : undefined })),
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
      type: "line", name: s.name, data, stack, smooth: view.smooth, connectNulls: false, emphasis: { disabled: true },
      showSymbol: s.values.length <= 30 || !!picked, symbol: "circle", symbolSize: 5,
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
