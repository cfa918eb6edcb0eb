/** Typed calls to the server: sign-in, dashboards and their runs, searches. */
import { zone } from "../time/format";
import { resolve } from "../time/range";
import { ask, Failed, json, OWN, problemOf } from "./call";
import type { Bounds, Checked, DashboardModel, DashboardRow, Home, JobTable, LanguageWord, RunLine, Session } from "./types";

export { Failed, problemOf } from "./call";

const POLL_MS = 150;

export interface RangeWords {
  from: string;
  to?: string;
}
/** Words and ISO times go as they are, digits as a number. */
function bound(text: string): string | number {
  return /^\d{12,}$/.test(text) ? Number(text) : text;
}
function rangeBody(range: RangeWords) {
  return range.to ? { from: bound(range.from), to: bound(range.to) } : { from: bound(range.from) };
}

/** `auto`: JSON fields are there without an operator; `receipt`: the range is one of times of receipt. */
export interface SearchHow {
  auto?: boolean;
  receipt?: boolean;
}
export interface RunRequest {
  range: RangeWords;
  variables: Record<string, string | string[]>;
  panels?: string[];
  timeZone: string;
}

export const api = {
  session: () => json<Session>("GET", `${OWN}/session`),
  signIn: (proof: { email: string; password: string } | { token: string }) =>
    json<{ user: Session["user"] }>("POST", `${OWN}/session`, proof),
  signOut: () => ask("DELETE", `${OWN}/session`),
  home: () => json<Home>("GET", `${OWN}/home`),
  dashboards: async () => (await json<{ dashboards: DashboardRow[] }>("GET", `${OWN}/dashboards`)).dashboards,
  dashboard: (id: string) => json<DashboardModel>("GET", `/api/v2/dashboards/${encodeURIComponent(id)}`),

  /** Runs a stored dashboard by its id, or one that is not stored; calls `each` with every line as it arrives. */
  async run(what: string | DashboardModel, request: RunRequest, each: (line: RunLine) => void, signal: AbortSignal): Promise<void> {
    const stored = typeof what === "string";
    const body = { ...request, range: rangeBody(request.range), ...(stored ? {} : { dashboard: what }) };
    const answer = await ask("POST", stored ? `${OWN}/dashboards/${encodeURIComponent(what)}/runs` : `${OWN}/runs`, body, signal);
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      const lines = (rest + (value ?? "")).split("\n");
      rest = done ? "" : lines.pop()!;
      for (const line of lines) if (line.trim()) each(JSON.parse(line) as RunLine);
      if (done) return;
    }
  },
  async variableValues(what: string | DashboardModel, name: string, range: RangeWords): Promise<string[]> {
    if (typeof what !== "string") {
      const body = { dashboard: what, name, range: rangeBody(range), timeZone: zone };
      return (await json<{ values: string[] }>("POST", `${OWN}/variable-values`, body)).values;
    }
    const query = new URLSearchParams({ from: range.from, ...(range.to ? { to: range.to } : {}) });
    const path = `${OWN}/dashboards/${encodeURIComponent(what)}/variables/${encodeURIComponent(name)}/values?${query}`;
    return (await json<{ values: string[] }>("GET", path)).values;
  },

  check: (query: string, signal?: AbortSignal) => json<Checked>("POST", `${OWN}/query/check`, { query }, signal),
  language: () => json<{ words: LanguageWord[]; fields: string[] }>("GET", `${OWN}/query/language`),
  fieldValues: async (field: string) => (await json<{ values: { value: string; count: number }[] }>("GET", `${OWN}/query/values?field=${encodeURIComponent(field)}`)).values,
  format: async (query: string) => (await json<{ query: string }>("POST", `${OWN}/query/format`, { query })).query,
  explain: async (query: string) => (await json<{ text: string }>("POST", `${OWN}/query/explain`, { query })).text,
  startJob: (query: string, range: Bounds, timeZone: string, how: SearchHow = {}) =>
    json<{ id: string }>("POST", "/api/v1/search/jobs", { query, from: range.from_ms, to: range.to_ms, timeZone, byReceiptTime: how.receipt ?? false, autoParsingMode: how.auto ? "AutoParse" : "Manual" }),
  jobTable: (id: string, offset: number, limit: number) =>
    json<JobTable>("GET", `${OWN}/search/jobs/${id}/table?offset=${offset}&limit=${limit}`),
  /** Messages of a job over time by the values of a field; counts oldest first, one for each bucket of its histogram. */
  histogramBy: async (id: string, field: string) =>
    (await json<{ parts: { value: string; counts: number[] }[] }>("GET", `${OWN}/search/jobs/${id}/histogram?by=${encodeURIComponent(field)}`)).parts,
  /** How many messages a scope finds in the range; the search is ended with it. */
  async count(scope: string, from: string): Promise<number> {
    const rows = await this.rows(`${scope} | count`, { from });
    return Number(rows.rows[0]?.[0] ?? 0);
  },
  /** The rows of a short query, its job ended again. */
  async rows(query: string, range: RangeWords, limit = 100, how: SearchHow = {}): Promise<JobTable> {
    const bounds = resolve(range);
    if (!bounds) throw new Failed(400, problemOf("range", "The time range is empty: its start lies at or after its end."));
    const { id } = await this.startJob(query, bounds, zone, how);
    try {
      for (;;) {
        const table = await this.jobTable(id, 0, limit);
        if (table.problem) throw new Failed(400, table.problem);
        if (!/^(NOT STARTED|GATHERING)/.test(table.state)) return table;
        await new Promise((after) => setTimeout(after, POLL_MS));
      }
    } finally {
      this.endJob(id).catch(() => undefined);
    }
  },
  endJob: (id: string) => ask("DELETE", `/api/v1/search/jobs/${id}`),
};
