/** Which role colours what: severities and statuses by their names, everything else in series order. */

const NAMED: Record<string, string> = {
  critical: "critical", high: "high", medium: "medium", low: "low", informational: "informational", info: "informational",
  new: "status-new", inprogress: "status-in-progress", resolved: "status-resolved",
};
const NEUTRAL = new Set(["unknown", "unknownfuturevalue", "none", "other", "-", ""]);
const SEVERITIES = ["critical", "high", "medium", "low", "informational", "info"];

/** The value of a token in the theme in use. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function severityRank(name: string): number {
  return SEVERITIES.indexOf(name.toLowerCase());
}

/** True if the names are severities or statuses, a few unknown ones aside. */
function namedSet(names: string[]): boolean {
  const known = names.filter((name) => NAMED[name.toLowerCase()]).length;
  return known > 0 && names.every((name) => NAMED[name.toLowerCase()] || NEUTRAL.has(name.toLowerCase()));
}

/** One token name per series name. */
export function seriesTokens(names: string[]): string[] {
  if (namedSet(names)) return names.map((name) => NAMED[name.toLowerCase()] ?? "informational");
  return names.map((_, i) => (i < 6 ? `series-${i + 1}` : "series-other"));
}

/** A colour written into a dashboard; those of our palette follow the theme. */
export function writtenColour(colour: string): string {
  const same = ["critical", "high", "medium", "low", "ok"].find((role) => token(`written-${role}`).toLowerCase() === colour.toLowerCase());
  return same ? `var(--${same})` : colour;
}
