/** Axes, threshold lines and texts that charts on a grid have in common. */
import { token } from "./colours";
import type { Styled } from "./series";
import type { Axis, Limit } from "./settings";
import { markStep, withUnit } from "./units";

export const TEXT = { fontFamily: "Inter Variable, sans-serif" };

/** About as wide as the longest of the texts is at the size of axis numbers. */
export const labelRoom = (texts: string[], letter = 6.2) => Math.round(Math.max(0, ...texts.map((text) => text.length)) * letter);

export function axisTitle(axis: Axis, gap: number) {
  return axis.title ? { name: axis.title, nameLocation: "middle" as const, nameGap: gap, nameTextStyle: { color: token("text-3"), fontSize: 11 } } : {};
}

/** Where marks stand on the ends of an axis: its first and last text keep within it. */
export const edges = (on: boolean) => (on ? { alignMinLabel: "left" as const, alignMaxLabel: "right" as const } : {});

export interface Reach {
  low: number;
  high: number;
}
/** Least and largest number that the series of an axis show; of stacked ones, of their sums. */
export function reachOf(series: Styled[], stacked: (s: Styled) => boolean): Reach {
  const alone = series.filter((s) => !stacked(s)).flatMap((s) => s.values);
  const piled = series.filter(stacked);
  const sums = piled[0]?.values.map((_, i) => piled.reduce((sum, s) => sum + (s.values[i] ?? 0), 0)) ?? [];
  return [...alone, ...sums].reduce<Reach>(({ low, high }, v) => ({ low: Math.min(low, v ?? 0), high: Math.max(high, v ?? 0) }), { low: 0, high: 0 });
}

interface ValueAxis {
  axis: Axis;
  reach: Reach;
  whole: boolean;
  percent?: boolean;
  right?: boolean;
  lying?: boolean;
  limits?: Limit[];
}
export function valueAxis({ axis, whole, percent = false, right = false, lying = false, reach, limits = [] }: ValueAxis) {
  const text = (n: number) => (percent ? `${n}%` : withUnit(n, axis.unit, axis.decimals));
  // A threshold stays in sight.
  const line = Math.max(...limits.map((limit) => limit.value));
  const high = axis.max ?? (percent ? 100 : Math.max(reach.high, line));
  const marks = [axis.min ?? reach.low, high / 4, high / 2, (3 * high) / 4, axis.log && high > 0 ? 10 ** Math.ceil(Math.log10(high)) : high].map(text);
  const step = percent ? 25 : axis.log ? undefined : markStep(high - (axis.min ?? reach.low), axis.unit, whole && !axis.unit);
  return {
    type: axis.log ? ("log" as const) : ("value" as const),
    position: right ? ("right" as const) : undefined,
    splitNumber: 4,
    minInterval: step,
    maxInterval: step,
    min: axis.min ?? undefined,
    max: axis.max ?? (percent ? 100 : line > reach.high ? (step ? step * Math.ceil((line * 1.02) / step) : line * 1.1) : undefined),
    splitLine: { show: !right, lineStyle: { color: token("grid-line") } },
    axisLabel: {
      show: !axis.hidden, color: token("text-3"), fontSize: 11,
      formatter: text,
    },
    ...axisTitle(axis, lying ? 24 : axis.hidden ? 12 : labelRoom(marks) + 14),
  };
}

/** The upper one is named above its line, the lower one under it, on ground of their own: marks may be behind them. */
export function limitLines(limits: Limit[], lying = false) {
  const [least] = [...limits].sort((a, b) => a.value - b.value);
  return {
    silent: true, symbol: "none", animation: false,
    data: limits.map((limit) => ({
      [lying ? "xAxis" : "yAxis"]: limit.value,
      lineStyle: { color: token(limit.level), type: "dashed" as const, width: 1.5 },
      label: {
        ...(lying
          ? { formatter: limit.level === "medium" ? "warning" : limit.level, position: "start" as const, rotate: 0, align: limit === least ? ("right" as const) : ("left" as const) }
          : { formatter: limit.text, position: limits.length > 1 && limit === least ? ("insideStartBottom" as const) : ("insideStartTop" as const) }),
        color: token(`${limit.level}-text`), backgroundColor: token("surface"), padding: [1, 3], borderRadius: 3, fontSize: 11,
      },
    })),
  };
}
