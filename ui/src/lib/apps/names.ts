/** How apps and what they hold are named on the pages. */
import type { AppCard, ResourceKind } from "../api/apps";

/** `Azure Security - Microsoft Defender for Cloud Apps` as family and own name. */
export function named(name: string): { family: string; short: string } {
  const at = name.indexOf(" - ");
  return at < 0 ? { family: "", short: name } : { family: name.slice(0, at), short: name.slice(at + 3) };
}

const WORDS: Record<ResourceKind, [string, string]> = {
  dashboard: ["dashboard", "dashboards"],
  search: ["saved search", "saved searches"],
  monitor: ["monitor", "monitors"],
  lookup: ["lookup table", "lookup tables"],
  hotFields: ["set of hot fields", "sets of hot fields"],
};
export function counted(n: number, kind: ResourceKind): string {
  return `${n} ${WORDS[kind][n === 1 ? 0 : 1]}`;
}
/** `2 dashboards, 3 monitors`. */
export function includes(app: AppCard): string {
  const shown: ResourceKind[] = app.includes.monitor ? ["dashboard", "monitor"] : ["dashboard", "search"];
  return shown.filter((kind) => app.includes[kind]).map((kind) => counted(app.includes[kind]!, kind)).join(", ");
}

/** 1.10.0 after 1.9.2. */
export function newer(a: string, b: string): boolean {
  const [x, y] = [a, b].map((v) => v.split(/[.+-]/).map((part) => (/^\d+$/.test(part) ? Number(part) : -1)));
  for (let i = 0; i < Math.max(x!.length, y!.length); i++) {
    const by = (x![i] ?? 0) - (y![i] ?? 0);
    if (by) return by > 0;
  }
  return false;
}
