/** Which role colours what: severities and statuses by their names, everything else in series order. */

const NAMED: Record<string, string> = {
  critical: "critical", high: "high", medium: "medium", low: "low", informational: "informational", info: "informational",
  new: "status-new", inprogress: "status-in-progress", resolved: "status-resolved",
};
const NEUTRAL = /^(unknown|unknownfuturevalue|none|null|-|other( \(\d+\))?|)$/i;
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
  return known > 0 && names.every((name) => NAMED[name.toLowerCase()] || NEUTRAL.test(name));
}

/** One token name per series name. */
const SERIES = 12;
export function seriesTokens(names: string[]): string[] {
  if (namedSet(names)) return names.map((name) => NAMED[name.toLowerCase()] ?? "informational");
  return names.map((_, i) => (i < SERIES ? `series-${i + 1}` : "series-other"));
}

const WRITTEN = /^(#[0-9a-f]{3,8}|(rgb|hsl)a?\([\d\s.,%/-]+\)|[a-z]{3,24})$/i;

/** A colour written into a dashboard; those of our palette follow the theme. Null for what is no colour. */
export function writtenColour(colour: string | null | undefined): string | null {
  const text = colour?.trim() ?? "";
  if (!WRITTEN.test(text)) return null;
  const same = ["critical", "high", "medium", "low", "ok"].find((role) => token(`written-${role}`).toLowerCase() === text.toLowerCase());
  return same ? `var(--${same})` : text;
}

/** The same as a value that a canvas understands. */
export function drawn(css: string): string {
  return css.startsWith("var(--") ? token(css.slice(6, -1)) : css;
}

type Rgb = [number, number, number];
/** Red, green and blue of a CSS colour, 0 to 1. */
function rgbOf(css: string): Rgb {
  const probe = document.createElement("i");
  probe.style.color = css;
  document.body.append(probe);
  const [r = 0, g = 0, b = 0] = (getComputedStyle(probe).color.match(/[\d.]+/g) ?? []).map((part) => Number(part) / 255);
  probe.remove();
  return [r, g, b];
}
function luminance([r, g, b]: Rgb): number {
  const linear = (c: number) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}
const contrast = (a: number, b: number) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);

/** The ink, dark or light, that can be read on a colour. */
export function inkOn(css: string): string {
  return luminance(rgbOf(css)) > 0.19 ? "var(--ink-dark)" : "var(--ink-light)";
}

/** A written colour as large text on a panel: moved towards the text colour until it can be read there. */
export function legible(css: string): string {
  const [colour, text, under] = [rgbOf(css), rgbOf("var(--text)"), luminance(rgbOf("var(--surface)"))];
  for (const part of [0, 0.15, 0.3, 0.45, 0.6]) {
    const mixed = colour.map((c, i) => c * (1 - part) + text[i]! * part) as Rgb;
    if (contrast(luminance(mixed), under) >= 3.1) return part ? `rgb(${mixed.map((c) => Math.round(c * 255)).join(" ")})` : css;
  }
  return "var(--text)";
}
