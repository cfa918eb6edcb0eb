/** Axes, threshold lines and texts that charts on a grid have in common. */
import { token } from "./colours";
import type { Axis, Limit } from "./settings";
import { withUnit } from "./units";

export const TEXT = { fontFamily: "Inter Variable, sans-serif" };

export function axisTitle(axis: Axis, gap: number) {
  return axis.title ? { name: axis.title, nameLocation: "middle" as const, nameGap: gap, nameTextStyle: { color: token("text-3"), fontSize: 11 } } : {};
}

interface ValueAxis {
  axis: Axis;
  whole: boolean;
  percent?: boolean;
  right?: boolean;
  /** A bound that keeps a threshold in sight. */
  reach?: number;
}
export function valueAxis({ axis, whole, percent = false, right = false, reach }: ValueAxis) {
  return {
    type: axis.log ? ("log" as const) : ("value" as const),
    position: right ? ("right" as const) : undefined,
    splitNumber: 4,
    minInterval: whole && !axis.unit ? 1 : undefined,
    min: axis.min ?? undefined,
    max: axis.max ?? (percent ? 100 : reach === undefined ? undefined : ({ max }: { max: number }) => (max < reach ? Math.ceil(reach * 1.1) : (null as unknown as number))),
    splitLine: { show: !right, lineStyle: { color: token("grid-line") } },
    axisLabel: {
      show: !axis.hidden, color: token("text-3"), fontSize: 11,
      formatter: (n: number) => (percent ? `${n}%` : withUnit(n, axis.unit, axis.decimals)),
    },
    ...axisTitle(axis, 34),
  };
}

export function limitLines(limits: Limit[]) {
  return {
    silent: true, symbol: "none", animation: false,
    data: limits.map((limit) => ({
      yAxis: limit.value,
      lineStyle: { color: token(limit.level), type: "dashed" as const, width: 1.5 },
      label: { formatter: limit.text, position: "insideStartTop" as const, color: token(`${limit.level}-text`), fontSize: 11 },
    })),
  };
}
