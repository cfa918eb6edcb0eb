/** One call to the server. Every failure is a `Failed` that carries a problem with a plain sentence. */
import type { Problem } from "./types";

export const OWN = "/api/dohyo/v1";

export class Failed extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
    /** Where several things are wrong, all of them. */
    readonly all: Problem[] = [problem],
  ) {
    super(problem.message);
  }
}

export function problemOf(code: string, message: string, hints: string[] = []): Problem {
  return { code, severity: "error", message, line: null, column: null, span: null, hints, fixes: [] };
}

/** Whether the server has no such call: what is not offered is not shown. */
export function isMissing(error: unknown): boolean {
  return error instanceof Failed && (error.status === 404 || error.status === 405 || error.status === 501);
}

/** Reads the three error bodies the server knows: ours, the classic and the newer published one. */
function problemIn(status: number, body: unknown): Problem {
  const b = (body ?? {}) as {
    problem?: Problem;
    code?: string;
    message?: string;
    errors?: { code: string; message: string; detail?: string }[];
  };
  if (b.problem) return { ...problemOf("unknown", ""), ...b.problem };
  const first = b.errors?.[0];
  const message = b.errors?.length ? b.errors.map((e) => e.message).join("; ") : b.message;
  return problemOf(first?.code ?? b.code ?? `http-${status}`, message ?? `The server answered with status ${status}.`, first?.detail ? [first.detail] : []);
}

/** JSON as it was written: numbers that no browser can hold, and the way they were spelt, stay. */
export class Written {
  constructor(readonly text: string) {}

  /** Over many lines, each text and number as it is. */
  indented(): string {
    let depth = 0;
    const line = () => `\n${"  ".repeat(depth)}`;
    return this.text.replace(/"(?:[^"\\]|\\.)*"|\{\s*\}|\[\s*\]|[{}[\],:]|\s+/g, (part) => {
      if (part === "{" || part === "[") return (depth++, part + line());
      if (part === "}" || part === "]") return (depth--, line() + part);
      if (part === ",") return part + line();
      return part === ":" ? ": " : part.trim();
    });
  }
}

export async function ask(method: string, path: string, body?: unknown, signal?: AbortSignal, more: Record<string, string> = {}): Promise<Response> {
  const headers: Record<string, string> = { ...more };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return send(method, path, headers, body === undefined ? undefined : body instanceof Written ? body.text : JSON.stringify(body), signal);
}

/** A form with a file; the browser names its own content type. */
export function sendForm(path: string, form: FormData): Promise<Response> {
  return send("POST", path, {}, form);
}

/** A file as the whole body. */
export function sendFile(path: string, file: Blob, type: string): Promise<Response> {
  return send("POST", path, { "Content-Type": type }, file);
}

async function send(method: string, path: string, headers: Record<string, string>, body?: BodyInit, signal?: AbortSignal): Promise<Response> {
  if (method !== "GET") headers["X-Dohyo"] = "1";
  let answer: Response;
  try {
    answer = await fetch(path, { method, headers, body, signal, credentials: "same-origin" });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Failed(0, problemOf("unreachable", "Dohyo does not answer.", ["It may be restarting; nothing is lost."]));
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => null);
  throw new Failed(answer.status, problemIn(answer.status, told), told?.problems);
}

export async function json<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return (await (await ask(method, path, body, signal)).json()) as T;
}

/** All of a list that is given in pages. */
export async function whole<T>(path: string): Promise<T[]> {
  const found: T[] = [];
  let token: string | null = null;
  do {
    const query = new URLSearchParams({ limit: "1000", ...(token ? { token } : {}) });
    const page: { data: T[]; next?: string | null } = await json("GET", path + (path.includes("?") ? "&" : "?") + query);
    found.push(...page.data);
    token = page.next ?? null;
  } while (token);
  return found;
}
