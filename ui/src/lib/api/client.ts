/** Typed calls to the server. Every failure is a `Failed` that carries a problem with a plain sentence. */
import type {
  Bounds, Checked, DashboardModel, DashboardRow, Home, JobTable, Problem, RunLine, Session,
} from "./types";

const OWN = "/api/dohyo/v1";

export class Failed extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.message);
  }
}

export function problemOf(code: string, message: string, hints: string[] = []): Problem {
  return { code, severity: "error", message, line: null, column: null, span: null, hints, fixes: [] };
}

/** Reads the three error bodies the server knows: ours, the classic and the newer published one. */
function problemIn(status: number, body: unknown): Problem {
  const b = (body ?? {}) as {
    problem?: Problem;
    code?: string;
    message?: string;
    errors?: { code: string; message: string }[];
  };
  if (b.problem) return { ...problemOf("unknown", ""), ...b.problem };
  const first = b.errors?.[0];
  const message = first?.message ?? b.message;
  return problemOf(first?.code ?? b.code ?? `http-${status}`, message ?? `The server answered with status ${status}.`);
}

async function ask(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = {};
  if (method !== "GET") headers["X-Dohyo"] = "1";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer: Response;
  try {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    answer = await fetch(path, { method, headers, body: sent, signal, credentials: "same-origin" });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Failed(0, problemOf("unreachable", "Dohyo does not answer.", ["It may be restarting; nothing is lost."]));
  }
  if (answer.ok) return answer;
  throw new Failed(answer.status, problemIn(answer.status, await answer.json().catch(() => null)));
}

async function json<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return (await (await ask(method, path, body, signal)).json()) as T;
}

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

export interface RunRequest {
  range: RangeWords;
  variables: Record<string, string>;
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

  /** Calls `each` with every line of a run as it arrives. */
  async run(id: string, request: RunRequest, each: (line: RunLine) => void, signal: AbortSignal): Promise<void> {
    const body = { ...request, range: rangeBody(request.range) };
    const answer = await ask("POST", `${OWN}/dashboards/${encodeURIComponent(id)}/runs`, body, signal);
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
  async variableValues(id: string, name: string, range: RangeWords): Promise<string[]> {
    const query = new URLSearchParams({ from: range.from, ...(range.to ? { to: range.to } : {}) });
    const path = `${OWN}/dashboards/${encodeURIComponent(id)}/variables/${encodeURIComponent(name)}/values?${query}`;
    return (await json<{ values: string[] }>("GET", path)).values;
  },

  check: (query: string, signal?: AbortSignal) => json<Checked>("POST", `${OWN}/query/check`, { query }, signal),
  startJob: (query: string, range: Bounds, timeZone: string) =>
    json<{ id: string }>("POST", "/api/v1/search/jobs", { query, from: range.from_ms, to: range.to_ms, timeZone }),
  jobTable: (id: string, offset: number, limit: number) =>
    json<JobTable>("GET", `${OWN}/search/jobs/${id}/table?offset=${offset}&limit=${limit}`),
  endJob: (id: string) => ask("DELETE", `/api/v1/search/jobs/${id}`),
};
