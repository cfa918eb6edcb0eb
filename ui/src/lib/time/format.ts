/** Times in the reader's zone and numbers, as every page writes them. */
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

const clock = new Intl.DateTimeFormat("en-GB", {
  timeZone: zone, year: "numeric", month: "numeric", day: "numeric", weekday: "short",
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  weekday: string;
}

export function parts(ms: number): Parts {
  const found: Record<string, string> = {};
  for (const part of clock.formatToParts(ms)) found[part.type] = part.value;
  const { year, month, day, hour, minute, second, weekday } = found;
  return {
    year: Number(year), month: Number(month), day: Number(day), hour: Number(hour),
    minute: Number(minute), second: Number(second), weekday: weekday ?? "",
  };
}

/** Epoch milliseconds of a wall time in the reader's zone. */
export function zoned(year: number, month: number, day: number, hour = 0, minute = 0): number {
  const guess = Date.UTC(year, month - 1, day, hour, minute);
  const p = parts(guess);
  const offset = Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) - guess;
  return guess - offset;
}

/** `UTC`, `CEST`, `GMT+9`. */
export const zoneName =
  new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "short" })
    .formatToParts(Date.now())
    .find((part) => part.type === "timeZoneName")?.value ?? zone;

const two = (n: number) => String(n).padStart(2, "0");

/** `14:32:08`. */
export function timeOfDay(ms: number, seconds = true): string {
  const p = parts(ms);
  return `${two(p.hour)}:${two(p.minute)}${seconds ? `:${two(p.second)}` : ""}`;
}
/** `2026-05-21 14:25:22`. */
export function dateTime(ms: number): string {
  const p = parts(ms);
  return `${p.year}-${two(p.month)}-${two(p.day)} ${two(p.hour)}:${two(p.minute)}:${two(p.second)}`;
}
/** `21 May`, or `21 May 14:25`. */
export function dayShort(ms: number, time = false): string {
  const p = parts(ms);
  const day = `${p.day} ${MONTHS[p.month - 1]}`;
  return time ? `${day} ${two(p.hour)}:${two(p.minute)}` : day;
}
/** `21 May 14:05`, with the year where it is not this one. */
export function momentShort(ms: number): string {
  const { year } = parts(ms);
  return year === parts(Date.now()).year ? dayShort(ms, true) : `${dayShort(ms)} ${year} ${timeOfDay(ms, false)}`;
}
/** `Thu 21 May`. */
export function weekdayShort(ms: number): string {
  return `${parts(ms).weekday} ${dayShort(ms)}`;
}
/** `21 May, 03:00–04:00`, for slices of a day and more the day alone. */
export function sliceName(ms: number, length_ms: number): string {
  if (length_ms >= 864e5) return weekdayShort(ms);
  return `${dayShort(ms)}, ${timeOfDay(ms, false)}–${timeOfDay(ms + length_ms, false)}`;
}
/** `4 min ago`, `in 2 h`. */
export function distance(ms: number, now = Date.now()): string {
  const s = Math.abs(now - ms) / 1e3;
  const size = s < 60 ? `${Math.round(s)} s` : s < 3600 ? `${Math.round(s / 60)} min` : s < 172800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86400)} days`;
  return ms <= now ? `${size} ago` : `in ${size}`;
}

const grouped = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 3 });
/** Every digit, grouped. */
export function exactNumber(n: number): string {
  return grouped.format(n);
}
/** `1,284` up to 99,999, then `128.4 k` and `6.2 M`. */
export function shortNumber(n: number): string {
  const size = Math.abs(n);
  if (size < 1e5) return grouped.format(n);
  const [unit, name] = size < 1e6 ? [1e3, "k"] : size < 1e9 ? [1e6, "M"] : [1e9, "G"];
  return `${(n / unit).toFixed(1).replace(/\.0$/, "")} ${name}`;
}
export function percent(part: number, whole: number): string {
  if (!whole || !part) return "0%";
  const p = (100 * part) / whole;
  return p < 0.5 ? "<1%" : `${Math.round(p)}%`;
}
