/** Colours of the values that part a histogram: log levels and severities by their names, the rest in order. */
import { seriesTokens } from "../panels/colours";

const LEVELS: Record<string, string> = {
  fatal: "critical", alert: "critical", error: "high", err: "high", warn: "medium", warning: "medium", notice: "low", debug: "informational", trace: "informational",
};
const plain = (value: string) => LEVELS[value.toLowerCase()] ?? value.toLowerCase();

export function partColours(values: string[]): string[] {
  return seriesTokens(values.map(plain)).map((token, i) => `var(--${/^(none|other)$/i.test(values[i]!) ? "series-other" : token})`);
}
