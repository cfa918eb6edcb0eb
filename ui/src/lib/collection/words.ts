/** States of a source in plain words. */
import type { SourceRow } from "../api/collection";
import { exactNumber } from "../time/format";

export interface HealthWord {
  kind: "healthy" | "warning" | "error" | "paused" | "busy";
  word: string;
}
export function healthOf(source: Pick<SourceRow, "health" | "paused" | "state">): HealthWord {
  if (source.state === "Stopping") return { kind: "busy", word: "Stopping" };
  if (source.paused) return { kind: "paused", word: "Paused" };
  if (source.health === "error") return { kind: "error", word: "Error" };
  if (source.health === "warning") return { kind: "warning", word: "Warning" };
  if (["Pending", "Started", "Initialized", "Upgrading"].includes(source.state)) return { kind: "busy", word: "Starting" };
  return { kind: "healthy", word: "Healthy" };
}

export const CHAIN = ["Pending", "Started", "Initialized", "Authenticated", "Collecting"];

/** Sources that others send to, or that read as it is written, have no polls. */
export const isPolled = (source: Pick<SourceRow, "type">): boolean => !["HTTP", "Syslog", "LocalFile"].includes(source.type);

/** What to do about a set-up that the service refuses: codes of a wrong and of an ended secret. */
export const mendOf = (source: Pick<SourceRow, "message">): string => (/AADSTS70002(15|22)\b/.test(source.message ?? "") ? "Replace secret" : "Change settings");

/** Seconds as people say them: 45 s, 12 min, 5 h, 11 days. */
export function lagOf(s: number): string {
  if (s < 120) return `${Math.round(s)} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  return s < 172_800 ? `${Math.round(s / 3600)} h` : `${exactNumber(Math.round(s / 86_400))} days`;
}
