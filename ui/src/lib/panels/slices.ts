/** Time-sliced answers as evenly spaced slices and named series. */
import type { Answer, Bounds } from "../api/types";
import { dayShort, parts, timeOfDay, weekdayShort } from "../time/format";
import { cellText, isNumber, isTime } from "./cells";
import { severityRank } from "./colours";

export interface Series {
  name: string;
  query: string;
  /** Field and value that make this series, for names and for the query behind it. */
  keys: Record<string, string>;
  values: (number | null)[];
  total: number;
}
export interface Sliced {
  starts: number[];
  length_ms: number;
  series: Series[];
  range: Bounds;
  /** Slices the range cuts, so that they are not whole. */
  cut: Set<number>;
}
const UNIT_MS: Record<string, number> = { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 };
const LIMIT = 1440;

function sliceLength(answer: Answer, starts: number[]): number {
  const written = /\|\s*timeslice\s+(?:by\s+)?(\d+)\s*([smhdw])/i.exec(answer.text);
  if (written) return Number(written[1]) * UNIT_MS[written[2]!.toLowerCase()]!;
  const gaps = starts.slice(1).map((start, i) => start - starts[i]!);
  return gaps.length ? Math.min(...gaps) : Math.max(1, answer.range.to_ms - answer.range.from_ms);
}

/** All slices from the first to the last; one that is absent stays null, a gap and not a zero. */
function filledStarts(present: number[], length_ms: number): number[] {
  const [first, last] = [present[0], present.at(-1)];
  if (first === undefined || last === undefined || (last - first) / length_ms > LIMIT) return present;
  const known = new Set(present);
  const starts = [...present];
  for (let at = first; at < last; at += length_ms) {
    // Days move by an hour twice a year: a slice nearby counts as this one.
    if (!known.has(at) && !present.some((start) => Math.abs(start - at) < length_ms / 2)) starts.push(at);
  }
  return starts.sort((a, b) => a - b);
}

interface Cells {
  name: string;
  query: string;
  keys: Record<string, string>;
  at: Map<number, number>;
}

/** The field whose values became columns, where the query ends in a `transpose`. */
export function transposedField(text: string): string | null {
  return /\|\s*transpose\s[^|]*?\bcolumns?\s+([\w.%"-]+)/i.exec(text.replace(/\/\/.*$/gm, ""))?.[1]?.replace(/^%?"|"$/g, "") ?? null;
}

/** Long form (`_timeslice, key, count`) becomes one series per key; wide form one per number column. */
function seriesCells(answer: Answer, time: number): Cells[] {
  const series = new Map<string, Cells>();
  const numbers = answer.fields.map((f, i) => (i !== time && isNumber(f) ? i : -1)).filter((i) => i >= 0);
  const words = answer.fields.map((_, i) => i).filter((i) => i !== time && !numbers.includes(i));
  const wide = transposedField(answer.text);
  const add = (name: string, keys: Record<string, string>) => {
    if (!series.has(name)) series.set(name, { name, query: answer.query, keys, at: new Map() });
    return series.get(name)!.at;
  };
  for (const i of numbers) if (!words.length) add(answer.fields[i]!.name, wide ? { [wide]: answer.fields[i]!.name } : {});
  for (const row of answer.rows) {
    const at = Number(row[time]);
    const keys = Object.fromEntries(words.map((w) => [answer.fields[w]!.name, cellText(row[w] ?? null, answer.fields[w]!)]));
    for (const i of numbers) {
      const parts = Object.values(keys);
      if (numbers.length > 1 && words.length) parts.push(answer.fields[i]!.name);
      const name = words.length ? parts.join(" · ") : answer.fields[i]!.name;
      const cells = words.length ? add(name, keys) : series.get(name)!.at;
      const value = row[i];
      if (typeof value === "number") cells.set(at, value);
    }
  }
  return [...series.values()];
}

/** The series of all answers that have a time column, on one axis. Null if none has. */
export function sliced(answers: Answer[]): Sliced | null {
  const timed = answers.map((answer) => ({ answer, time: answer.fields.findIndex(isTime) })).filter(({ time }) => time >= 0);
  const first = timed[0]?.answer;
  if (!first) return null;
  const moments = timed.map(({ answer, time }) => [...new Set(answer.rows.map((row) => Number(row[time])))].sort((a, b) => a - b));
  const present = [...new Set(moments.flat())].sort((a, b) => a - b);
  const length_ms = Math.min(...timed.map(({ answer }, i) => sliceLength(answer, moments[i]!)));
  const starts = filledStarts(present, length_ms);
  const cells = timed.flatMap(({ answer, time }) => seriesCells(answer, time));
  const series = cells.map((one): Series => {
    const values = starts.map((start) => one.at.get(start) ?? null);
    const twice = cells.some((other) => other !== one && other.name === one.name);
    return { name: twice ? `${one.name} (${one.query})` : one.name, query: one.query, keys: one.keys, values, total: values.reduce<number>((sum, v) => sum + (v ?? 0), 0) };
  });
  const bySeverity = series.some((s) => severityRank(s.name) >= 0);
  const rank = (s: Series) => (severityRank(s.name) + 100) % 100;
  series.sort((a, b) => (bySeverity ? rank(a) - rank(b) : b.total - a.total));
  const cut = new Set<number>();
  starts.forEach((start, i) => {
    if (start < first.range.from_ms || start + length_ms > first.range.to_ms) cut.add(i);
  });
  return { starts, length_ms, series, cut, range: first.range };
}

const STEPS = [6e4, 3e5, 9e5, 18e5, 36e5, 108e5, 216e5, 432e5, 864e5, 2 * 864e5, 7 * 864e5, 14 * 864e5, 30 * 864e5];

/** The text under each slice, empty where none fits. */
export function axisTexts(starts: number[], length_ms: number, width: number): string[] {
  const room = Math.max(1, Math.floor(width / 84));
  const span = (starts.at(-1) ?? 0) - (starts[0] ?? 0) + length_ms;
  if (length_ms >= 864e5) {
    const every = Math.max(1, Math.ceil(starts.length / room));
    const name = every === 1 && starts.length <= 10 ? weekdayShort : (ms: number) => dayShort(ms);
    return starts.map((start, i) => ((starts.length - 1 - i) % every === 0 ? name(start) : ""));
  }
  const step = Math.max(length_ms, STEPS.find((s) => span / s <= room) ?? 30 * 864e5);
  let shown = -1;
  return starts.map((start) => {
    const p = parts(start);
    const ofDay = ((p.hour * 60 + p.minute) * 60 + p.second) * 1e3;
    const days = Math.floor(start / 864e5);
    const fits = step < 864e5 ? ofDay % step === 0 : ofDay === 0 && (shown < 0 || days - shown >= step / 864e5);
    if (!fits) return "";
    if (ofDay === 0) shown = days;
    return ofDay === 0 ? dayShort(start) : timeOfDay(start, false);
  });
}

/** `per hour`, `per 6 hours`. */
export function perSlice(length_ms: number): string {
  const names: [number, string][] = [[6048e5, "week"], [864e5, "day"], [36e5, "hour"], [6e4, "minute"], [1e3, "second"]];
  for (const [ms, name] of names) {
    if (length_ms % ms === 0) return length_ms === ms ? `per ${name}` : `per ${length_ms / ms} ${name}s`;
  }
  return "";
}
