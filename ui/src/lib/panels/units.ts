/** Numbers with the unit that an axis or a single value names. */
import { exactNumber, shortNumber } from "../time/format";

const BYTES: Record<string, number> = { b: 1, byte: 1, bytes: 1, kb: 2 ** 10, kib: 2 ** 10, mb: 2 ** 20, mib: 2 ** 20, gb: 2 ** 30, gib: 2 ** 30, tb: 2 ** 40, tib: 2 ** 40 };
const BYTE_NAMES = ["B", "KB", "MB", "GB", "TB", "PB"];
const TIMES_MS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, sec: 1e3, seconds: 1e3, min: 6e4, h: 36e5, hour: 36e5, d: 864e5 };
const SCALES: [number, string][] = [[864e5, "d"], [36e5, "h"], [6e4, "min"], [1e3, "s"], [1, "ms"], [1e-3, "µs"]];

const STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400].map((s) => s * 1e3);

const fixed = (n: number, decimals: number | null): string => (decimals === null ? exactNumber(n) : n.toLocaleString("en-GB", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }));
const few = (n: number): string => (Math.abs(n) >= 100 ? n.toFixed(0) : n.toFixed(1).replace(/\.0$/, ""));

const NICE = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];
/** The distance of marks on an axis as long as `span`: four at most above its start. Bytes and times have steps of their own. */
export function markStep(span: number, unit: string, whole: boolean): number | undefined {
  const key = unit.trim().toLowerCase();
  const quarter = span / 4;
  if (!(quarter > 0) || !Number.isFinite(quarter)) return undefined;
  if (key in BYTES && quarter * BYTES[key]! >= 1) return 2 ** Math.ceil(Math.log2(quarter * BYTES[key]!)) / BYTES[key]!;
  if (key in TIMES_MS && quarter * TIMES_MS[key]! >= 1e3) {
    const day = 864e5 / TIMES_MS[key]!;
    const step = STEPS_MS.find((one) => one >= quarter * TIMES_MS[key]!);
    return step ? step / TIMES_MS[key]! : markStep(span / day, "", true)! * day;
  }
  const power = 10 ** Math.floor(Math.log10(quarter));
  // Seven digits are more than any step has; what is beyond is an error of the multiplication.
  const steps = NICE.map((n) => Number((n * power).toPrecision(7)));
  return steps.find((step) => step >= quarter * (1 - 1e-9) && (!whole || Number.isInteger(step))) ?? (whole ? Math.ceil(quarter) : undefined);
}

/** `128.4 k`, `3.2 MB`, `1.5 s`, `40 %`; every digit where `decimals` says how many. */
export function withUnit(n: number, unit = "", decimals: number | null = null): string {
  const key = unit.trim().toLowerCase();
  const show = (value: number) => (decimals === null ? few(value) : fixed(value, decimals));
  if (key in BYTES) {
    const bytes = n * BYTES[key]!;
    const at = bytes ? Math.min(BYTE_NAMES.length - 1, Math.max(0, Math.floor(Math.log2(Math.abs(bytes)) / 10))) : 0;
    return `${show(bytes / 1024 ** at)} ${BYTE_NAMES[at]}`;
  }
  if (key in TIMES_MS) {
    const ms = n * TIMES_MS[key]!;
    const [size, name] = SCALES.find(([scale]) => Math.abs(ms) >= scale) ?? [TIMES_MS[key]!, unit.trim()];
    return `${show(ms / size)} ${name}`;
  }
  const text = decimals === null ? shortNumber(n) : Math.abs(n) < 1e5 ? fixed(n, decimals) : shortNumber(n);
  return key ? `${text}${key === "%" ? "" : " "}${unit.trim()}` : text;
}
