/** Collectors and sources: the published calls, and what only the pages ask. */
import { ask, json, OWN } from "./call";
import type { Poll, Source } from "./types";

export interface SourceRow extends Source {
  /** Name in `schemaRef.type`, or the published source type. */
  type: string;
  errorType: string | null;
  paused: boolean;
  since_ms: number | null;
  lastPoll: PollAccount | null;
  /** Messages in the last hour, in two-minute slices, and in the last 24 hours. */
  hour: number[];
  day: number;
}
export interface PollAccount extends Poll {
  started_ms: number;
  window_from_ms: number | null;
  window_to_ms: number | null;
  pages: number;
  message: string | null;
  complete: boolean;
}
export interface CollectorRow {
  id: number;
  name: string;
  description: string | null;
  category: string | null;
  timeZone: string;
  fields: Record<string, string>;
  sources: SourceRow[];
}
export interface SchemaProperty {
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
  enum?: string[];
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  maxProperties?: number;
  maxItems?: number;
  pattern?: string;
  anyOf?: SchemaProperty[];
  items?: SchemaProperty & { properties?: Record<string, SchemaProperty>; required?: string[] };
}
export interface SourceType {
  name: string;
  title: string;
  /** `Universal`, or a published source type of its own. */
  sourceType: string;
  secrets: string[];
  /** Whether a connection can be tried before anything is stored. */
  testable: boolean;
  schema: { properties: Record<string, SchemaProperty>; required?: string[] };
}
export interface Check {
  name: string;
  state: "ok" | "warning" | "error";
  detail: string;
  /** What is wrong in a word, the setting to change, the way out. */
  cause: string | null;
  setting: string | null;
  hint: string | null;
}
export interface SourceBody {
  id?: number;
  name?: string;
  sourceType: string;
  schemaRef?: { type: string; version?: string };
  config?: Record<string, unknown>;
  url?: string;
  [key: string]: unknown;
}
export interface CollectorBody {
  id?: number;
  name: string;
  description?: string | null;
  category?: string | null;
  timeZone?: string;
  fields?: Record<string, string>;
  [key: string]: unknown;
}
const V1 = "/api/v1/collectors";

/** The thing and the ETag that a change of it needs. */
async function withTag<T>(path: string, name: "collector" | "source"): Promise<{ thing: T; etag: string }> {
  const answer = await ask("GET", path);
  const body = (await answer.json()) as Record<string, T>;
  return { thing: body[name]!, etag: answer.headers.get("ETag") ?? "" };
}

export const collection = {
  all: async () => (await json<{ collectors: CollectorRow[] }>("GET", `${OWN}/collection`)).collectors,
  types: async () => (await json<{ sourceTypes: SourceType[] }>("GET", `${OWN}/source-types`)).sourceTypes,
  test: async (type: string, config: Record<string, unknown>, sourceId?: number) =>
    (await json<{ checks: Check[] }>("POST", `${OWN}/source-types/test`, { type, config, sourceId })).checks,
  polls: async (sourceId: number, limit = 72) => (await json<{ polls: PollAccount[] }>("GET", `${OWN}/sources/${sourceId}/polls?limit=${limit}`)).polls,
  pause: (sourceId: number, paused: boolean) => ask("POST", `${OWN}/sources/${sourceId}/${paused ? "pause" : "resume"}`),
  renewUrl: async (sourceId: number) => (await json<{ url: string }>("POST", `${OWN}/sources/${sourceId}/renew-url`, {})).url,
  retry: (collectorId: number, sourceId: number) => ask("POST", `${V1}/${collectorId}/sources/${sourceId}/action/restart`, {}),
  fields: async () => (await json<{ fields: { name: string; enabled: boolean }[] }>("GET", `${OWN}/fields`)).fields,

  createCollector: async (collector: CollectorBody) => (await json<{ collector: CollectorBody & { id: number } }>("POST", V1, { collector: { collectorType: "Hosted", ...collector } })).collector,
  collector: (id: number) => withTag<CollectorBody>(`${V1}/${id}`, "collector"),
  replaceCollector: (id: number, collector: CollectorBody, etag: string) => ask("PUT", `${V1}/${id}`, { collector }, undefined, { "If-Match": etag }),
  deleteCollector: (id: number) => ask("DELETE", `${V1}/${id}`),
  createSource: async (collectorId: number, source: SourceBody) => (await json<{ source: SourceBody & { id: number } }>("POST", `${V1}/${collectorId}/sources`, { source })).source,
  source: (collectorId: number, id: number) => withTag<SourceBody>(`${V1}/${collectorId}/sources/${id}`, "source"),
  replaceSource: (collectorId: number, id: number, source: SourceBody, etag: string) => ask("PUT", `${V1}/${collectorId}/sources/${id}`, { source: { ...source, id } }, undefined, { "If-Match": etag }),
  deleteSource: (collectorId: number, id: number) => ask("DELETE", `${V1}/${collectorId}/sources/${id}`),
};
