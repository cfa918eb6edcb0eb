/** Time ranges as people write them and as the address bar keeps them. */
import type { RangeWords } from "../api/client";
import type { Bounds, Boundary, TimeRangeModel } from "../api/types";
import { dateTime, momentShort, parts, zoned } from "./format";

const UNIT_MS: Record<string, number> = { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 };
/** The last week may be taken for the one that ended on Sunday. */
const SAID_LONGER: Record<string, string> = { day: "24 hours", week: "7 days" };
const UNIT_NAME: Record<string, string> = { s: "second", m: "minute", h: "hour", d: "day", w: "week" };

export const PRESETS = ["-15m", "-1h", "-3h", "-12h", "-24h", "-3d", "-7d", "-14d", "-30d"];

/** Milliseconds of `-2w5d3h`, or null if the text is no such span. */
export function spanMs(text: string): number | null {
  if (!/^-?(\d+[smhdw])+$/.test(text)) return null;
  let total = 0;
  for (const [, n, unit] of text.matchAll(/(\d+)([smhdw])/g)) total += Number(n) * UNIT_MS[unit!]!;
  return total;
}

function momentMs(text: string, now: number): number | null {
  if (text === "now") return now;
  if (/^\d{12,}$/.test(text)) return Number(text);
  if (text === "today" || text === "yesterday") {
    const { year, month, day } = parts(now);
    return zoned(year, month, day) - (text === "yesterday" ? 864e5 : 0);
  }
  const back = spanMs(text);
  if (back !== null) return now - back;
  const iso = Date.parse(text);
  return Number.isNaN(iso) ? null : iso;
}

/** The range in milliseconds, `[from, to)`; null where a bound is not understood or the range is empty. */
export function resolve(range: RangeWords, now = Date.now()): Bounds | null {
  const from = momentMs(range.from, now);
  const to = range.to ? momentMs(range.to, now) : now;
  return from === null || to === null || from >= to ? null : { from_ms: from, to_ms: to };
}

export function isRelative(range: RangeWords): boolean {
  return spanMs(range.from) !== null && (!range.to || range.to === "now");
}

/** `Last 24 hours`, or the two bounds. */
const LITERAL_NAME: Record<string, string> = { today: "Today", day: "Today", hour: "This hour", week: "This week", month: "This month", year: "This year" };
export function rangeLabel(range: RangeWords): string {
  if (range.from === "yesterday" && range.to === "today") return "Yesterday";
  if ((!range.to || range.to === "now") && LITERAL_NAME[range.from]) return LITERAL_NAME[range.from]!;
  const single = /^-(\d+)([smhdw])$/.exec(range.from);
  if (single && isRelative(range)) {
    const n = Number(single[1]);
    const unit = UNIT_NAME[single[2]!]!;
    if (n === 1 && SAID_LONGER[unit]) return `Last ${SAID_LONGER[unit]}`;
    return n === 1 ? `Last ${unit}` : `Last ${n} ${unit}s`;
  }
  if (isRelative(range)) return `Last ${range.from.slice(1)}`;
  const bounds = resolve(range);
  if (!bounds) return `${range.from} – ${range.to ?? "now"}`;
  return `${momentShort(bounds.from_ms)} – ${momentShort(bounds.to_ms)}`;
}

/** The next range back (-1) or forward (+1), of the same length. */
export function stepped(range: RangeWords, direction: -1 | 1): RangeWords {
  const bounds = resolve(range);
  if (!bounds) return range;
  const length = (bounds.to_ms - bounds.from_ms) * direction;
  return { from: String(bounds.from_ms + length), to: String(bounds.to_ms + length) };
}

function boundaryText(boundary: Boundary | null | undefined): string | undefined {
  if (!boundary) return undefined;
  if (boundary.relativeTime) return boundary.relativeTime.startsWith("-") ? boundary.relativeTime : `-${boundary.relativeTime}`;
  if (boundary.epochMillis !== undefined) return String(boundary.epochMillis);
  return boundary.iso8601Time ?? boundary.rangeName;
}

/** The published model's range as words. */
export function fromModel(model: TimeRangeModel | null | undefined): RangeWords {
  if (model?.type === "CompleteLiteralTimeRange") {
    if (model.rangeName === "yesterday") return { from: "yesterday", to: "today" };
    if (model.rangeName === "previous_week") return { from: "-7d" };
    if (model.rangeName === "previous_month") return { from: "-30d" };
    return { from: "today" };
  }
  const from = boundaryText(model?.from) ?? "-24h";
  const to = boundaryText(model?.to);
  return to && to !== "now" ? { from, to } : { from };
}

function toBoundary(text: string): Boundary {
  if (spanMs(text) !== null) return { type: "RelativeTimeRangeBoundary", relativeTime: text };
  if (/^\d{12,}$/.test(text)) return { type: "EpochTimeRangeBoundary", epochMillis: Number(text) };
  return /^\d{4}-/.test(text) ? { type: "Iso8601TimeRangeBoundary", iso8601Time: text } : { type: "LiteralTimeRangeBoundary", rangeName: text };
}

/** Words as the published model's range. */
export function toModel(range: RangeWords): TimeRangeModel {
  return { type: "BeginBoundedTimeRange", from: toBoundary(range.from), to: range.to && range.to !== "now" ? toBoundary(range.to) : null };
}

export function exact(range: RangeWords): string {
  const bounds = resolve(range);
  return bounds ? `${dateTime(bounds.from_ms)} – ${range.to && range.to !== "now" ? dateTime(bounds.to_ms) : "now"}` : "";
}
