/** ECharts options of box plots, funnels and flows. Null where the columns do not fit, with the reason. */
import type { EChartsCoreOption } from "echarts/core";
import type { Answer } from "../api/types";
import { dayShort, exactNumber, sliceName } from "../time/format";
import { TEXT, valueAxis } from "./axes";
import { cellText, isNumber, isTime } from "./cells";
import { drawn, seriesTokens, token } from "./colours";
import type { PanelView } from "./model";
import { axisOf } from "./settings";
import { categories, rowFields } from "./categories";
import { shortened } from "./categoryOption";

export interface Shape {
  option: EChartsCoreOption;
  /** What stands in the tooltip of mark `i`, and the fields that lead to it. */
  facts: { title: string; rows: { name: string; text: string }[]; fields: [string, string][]; value: string; from_ms?: number; to_ms?: number }[];
  sentence: string;
}
export type Drawn = { shape: Shape } | { lacking: string };

export function shapeOf(answer: Answer, view: PanelView): Drawn {
  return { box: boxes, funnel, sankey }[view.kind as "box" | "funnel" | "sankey"](answer, view);
}

const NAMES = ["minimum", "lower quarter", "median", "upper quarter", "maximum"];

function boxes(answer: Answer, view: PanelView): Drawn {
  const numbers = answer.fields.map((_, i) => i).filter((i) => isNumber(answer.fields[i]!));
  if (numbers.length < 5) return { lacking: "A box plot needs five numbers a row: minimum, 25th, 50th and 75th percentile, maximum." };
  const time = answer.fields.findIndex(isTime);
  const moments = time >= 0 ? answer.rows.map((row) => Number(row[time])) : [];
  const length = moments.length > 1 ? Math.abs(moments[1]! - moments[0]!) : 0;
  const rows = answer.rows.map((row) => {
    const five = numbers.slice(0, 5).map((i) => Number(row[i] ?? NaN)).sort((a, b) => a - b);
    const name = time >= 0 ? dayShort(Number(row[time]), length < 864e5) : rowFields(answer, row).map(([, v]) => v).join(" · ") || "all";
    return { row, five, name };
  });
  const axis = axisOf(view.settings, "axisY");
  return {
    shape: {
      option: {
        grid: { left: 12, right: 16, top: 10, bottom: 12, containLabel: true }, textStyle: TEXT,
        xAxis: { type: "category", data: rows.map((r) => r.name), axisLine: { lineStyle: { color: token("line-2") } }, axisTick: { show: false }, axisLabel: { color: token("text-3"), fontSize: 11, hideOverlap: true, formatter: (n: string) => shortened(n, 16) } },
        yAxis: valueAxis({ axis, whole: false, reach: { low: 0, high: Math.max(0, ...rows.map((r) => r.five[4]!)) } }),
        series: [{ type: "boxplot", data: rows.map((r) => r.five), boxWidth: [7, 40], itemStyle: { color: token("accent-soft"), borderColor: token("bar"), borderWidth: 1.5 }, emphasis: { disabled: true } }],
      },
      facts: rows.map((r) => ({
        title: length ? sliceName(Number(r.row[time]), length) : r.name,
        rows: r.five.map((n, i) => ({ name: NAMES[i]!, text: exactNumber(n) })),
        fields: time >= 0 ? [] : rowFields(answer, r.row), value: exactNumber(r.five[2]!),
        ...(length ? { from_ms: Number(r.row[time]), to_ms: Number(r.row[time]) + length } : {}),
      })),
      sentence: `${rows.length} boxes. ${rows.slice(0, 4).map((r) => `${r.name}: median ${exactNumber(r.five[2]!)}`).join(", ")}`,
    },
  };
}

function funnel(answer: Answer): Drawn {
  const { names, fields, series } = categories([answer]);
  const one = series[0];
  if (!one || !names.length) return { lacking: "A funnel needs a column of names and one of numbers." };
  const tokens = seriesTokens(names);
  const values = one.values.map((v) => v ?? 0);
  return {
    shape: {
      option: {
        textStyle: TEXT,
        series: [{
          type: "funnel", sort: "none", left: "4%", right: "36%", top: 8, bottom: 12, gap: 2, minSize: "3%", emphasis: { disabled: true },
          label: { position: "right", color: token("text"), fontSize: 12 }, labelLine: { lineStyle: { color: token("line-3") } },
          data: names.map((name, i) => ({ name: shortened(name, 24), value: values[i], itemStyle: { color: drawn(`var(--${tokens[i]})`), borderWidth: 0 } })),
        }],
      },
      facts: names.map((title, i) => ({
        title, fields: fields[i]!, value: exactNumber(values[i]!),
        rows: [{ name: one.name, text: exactNumber(values[i]!) }, ...(i && values[i - 1] ? [{ name: "of the step before", text: `${Math.round((100 * values[i]!) / values[i - 1]!)}%` }] : [])],
      })),
      sentence: names.map((name, i) => `${name} ${exactNumber(values[i]!)}`).join(", "),
    },
  };
}

const MOST_FLOWS = 100;

/** Flows that turn back are left out: a flow diagram has no circles. */
function sankey(answer: Answer): Drawn {
  const words = answer.fields.map((_, i) => i).filter((i) => !isNumber(answer.fields[i]!));
  const number = answer.fields.findIndex(isNumber);
  if (words.length < 2 || number < 0) return { lacking: "A flow needs two columns of names, from and to, and one of numbers." };
  const reached = new Map<string, Set<string>>();
  const leads = (from: string, to: string, seen = new Set<string>()): boolean => from === to || (!seen.has(from) && (seen.add(from), [...(reached.get(from) ?? [])].some((next) => leads(next, to, seen))));
  const links: { source: string; target: string; value: number; fields: [string, string][] }[] = [];
  for (const row of answer.rows.slice(0, MOST_FLOWS)) {
    // Levels keep their own names apart, so that one value at both ends is no circle.
    for (let i = 0; i + 1 < words.length; i++) {
      const [a, b] = [words[i]!, words[i + 1]!];
      const source = cellText(row[a] ?? null, answer.fields[a]!);
      const target = cellText(row[b] ?? null, answer.fields[b]!);
      const value = Number(row[number] ?? 0);
      if (!(value > 0) || leads(target, source)) continue;
      reached.set(source, (reached.get(source) ?? new Set()).add(target));
      links.push({ source, target, value, fields: [[answer.fields[a]!.name, source], [answer.fields[b]!.name, target]] });
    }
  }
  const nodes = [...new Set(links.flatMap((l) => [l.source, l.target]))];
  const tokens = seriesTokens(nodes);
  return {
    shape: {
      option: {
        textStyle: TEXT,
        series: [{
          type: "sankey", left: 12, right: 120, top: 10, bottom: 10, nodeWidth: 10, nodeGap: 8, draggable: false, emphasis: { disabled: true },
          label: { color: token("text"), fontSize: 12, formatter: ({ name }: { name: string }) => shortened(name, 22) }, lineStyle: { color: "source", opacity: 0.3 },
          data: nodes.map((name, i) => ({ name, itemStyle: { color: drawn(`var(--${tokens[i]})`), borderWidth: 0 } })),
          links,
        }],
      },
      facts: links.map((l) => ({ title: `${l.source} → ${l.target}`, rows: [{ name: answer.fields[number]!.name, text: exactNumber(l.value) }], fields: l.fields, value: exactNumber(l.value) })),
      sentence: links.slice(0, 5).map((l) => `${l.source} to ${l.target} ${exactNumber(l.value)}`).join(", "),
    },
  };
}
