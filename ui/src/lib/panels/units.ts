/** Numbers with the unit that an axis or a single value names. */
import { exactNumber, shortNumber } from "../time/format";

const BYTES: Record<string, number> = { b: 1, byte: 1, bytes: 1, kb: 2 ** 10, kib: 2 ** 10, mb: 2 ** 20, mib: 2 ** 20, gb: 2 ** 30, gib: 2 ** 30, tb: 2 ** 40, tib: 2 ** 40 };
const BYTE_NAMES = ["B", "KB", "MB", "GB", "TB", "PB"];
const TIMES_MS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, sec: 1e3, seconds: 1e3, min: 6e4, h: 36e5, hour: 36e5, d: 864e5 };
const SCALES: [number, string][] = [[864e5, "d"], [36e5, "h"], [6e4, "min"], [1e3, "s"], [1, "ms"], [1e-3, "µs"]];

const fixed = (n: number, decimals: number | null): string => (decimals === null ? exactNumber(n) : n.toLocaleString("en-GB", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }));
const few = (n: number): string => (Math.abs(n) >= 100 ? n.toFixed(0) : n.toFixed(1).replace(/\.0$/, ""));

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
