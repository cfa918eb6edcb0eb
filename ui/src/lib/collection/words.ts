/** States of a source in plain words. */
import type { SourceRow } from "../api/collection";

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
