/** The one value of a panel: which column, of which rows, compared with what. */
import type { Answer, Value } from "../api/types";
import { comparedTo, isNumber, isTime } from "./cells";
import type { SvpSettings, Threshold } from "./settings";
import { sliced } from "./slices";

const AGGREGATES: Record<string, (values: number[]) => number> = {
  sum: (v) => v.reduce((a, b) => a + b, 0),
  average: (v) => v.reduce((a, b) => a + b, 0) / v.length,
  maximum: (v) => Math.max(...v),
  minimum: (v) => Math.min(...v),
  count: (v) => v.length,
};

export interface Single {
  at: number;
  value: Value;
  /** The same number of an earlier range, where the query compares. */
  before: { value: number; name: string } | null;
  /** Whole slices in order, where the query has a time column. */
  line: number[];
}

/** The first record; with a time column the newest whole slice, or what the panel's option makes of all rows. */
export function singleOf(answer: Answer, svp: SvpSettings): Single {
  const at = Math.max(0, answer.fields.findIndex((f, i) => isNumber(f) && comparedTo(answer.fields, i) < 0));
  const time = answer.fields.findIndex(isTime);
  const over = time >= 0 && isNumber(answer.fields[at]!) ? sliced([answer]) : null;
  const series = over?.series.find((s) => s.name === answer.fields[at]!.name) ?? over?.series[0];
  const line = over && series ? series.values.filter((v, i): v is number => v !== null && !over.cut.has(i)) : [];
  const numbers = answer.rows.map((row) => row[at]).filter((v): v is number => typeof v === "number");
  const aggregate = AGGREGATES[(svp.option ?? "").toLowerCase()];
  let value = answer.rows[0]?.[at] ?? null;
  if (aggregate && numbers.length) value = aggregate(numbers);
  else if (over && series) value = series.values.findLast((v) => v !== null) ?? value;
  const compare = answer.fields.findIndex((_, i) => comparedTo(answer.fields, i) === at);
  const before = compare < 0 ? null : answer.rows[0]?.[compare];
  return { at, value, line, before: typeof before === "number" ? { value: before, name: answer.fields[compare]!.name } : null };
}

const SPANS: Record<string, string> = { "1d": "the day before", "1w": "the week before", "7d": "the week before", "1h": "the hour before" };
/** `count_1d` as `the day before`. */
export function beforeName(column: string): string {
  const span = /_(\d+[smhdw])$/.exec(column)?.[1] ?? "";
  return SPANS[span] ?? `${span} before`;
}

export function thresholdColour(value: Value, thresholds: Threshold[] | undefined): string | null {
  if (typeof value !== "number") return null;
  return thresholds?.find((t) => (t.from !== null || t.to !== null) && (t.from === null || value >= t.from) && (t.to === null || value < t.to))?.color ?? null;
}

/** A curve through the values in a box of 100 by 40; the area under it, and the line alone. */
export function sparkPath(values: number[]): { line: string; area: string } {
  const [low, high] = [Math.min(0, ...values), Math.max(...values)];
  const point = (v: number, i: number) => `${((100 * i) / (values.length - 1)).toFixed(2)} ${(38 - (36 * (v - low)) / (high - low || 1)).toFixed(2)}`;
  const line = `M${values.map(point).join("L")}`;
  return { line, area: `${line}L100 40L0 40Z` };
}
