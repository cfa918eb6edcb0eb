/** The answers of a dashboard's panels. A new run keeps what is seen until its own answer arrives. */
import { api, Failed, problemOf, type RunRequest } from "../api/client";
import type { Answer, Bounds, DashboardModel, Problem, RunLine } from "../api/types";
import { sentence } from "../shell/session.svelte";

export interface PanelState {
  /** By query key. */
  answers: Record<string, Answer>;
  problems: Record<string, Problem>;
  texts: Record<string, string>;
  busy: boolean;
  /** When the answer came, and why a later refresh brought none. */
  at_ms: number;
  late: string | null;
}
/** A panel that asks, and under which keys. */
export interface Asking {
  key: string;
  queryKeys: string[];
}
const fresh = (): PanelState => ({ answers: {}, problems: {}, texts: {}, busy: false, at_ms: 0, late: null });

export class PanelAnswers {
  panels = $state<Record<string, PanelState>>({});
  #open = new Map<string, Set<string>>();

  expect(panels: Asking[]) {
    for (const { key, queryKeys } of panels) {
      if (!queryKeys.length) continue;
      this.panels[key] ??= fresh();
      this.panels[key].busy = true;
      this.#open.set(key, new Set(queryKeys));
    }
  }

  take(line: RunLine) {
    if (!("panel" in line)) return;
    const state = (this.panels[line.panel] ??= fresh());
    state.texts[line.query] = line.text;
    state.late = null;
    if (line.ok) {
      state.answers[line.query] = line;
      delete state.problems[line.query];
      state.at_ms = Date.now();
    } else state.problems[line.query] = line.problem;
    const open = this.#open.get(line.panel);
    open?.delete(line.query);
    if (!open?.size) state.busy = false;
  }

  /** Ends the waiting of panels whose answer did not come. */
  miss(why: unknown, keys?: string[]) {
    const text = why ? sentence(why) : "The answer ended before this panel's.";
    for (const [key, open] of this.#open) {
      const state = this.panels[key];
      if (!state?.busy || (keys && !keys.includes(key))) continue;
      state.busy = false;
      if (Object.keys(state.answers).length) state.late = text;
      else for (const query of open) state.problems[query] = why instanceof Failed ? why.problem : problemOf("no-answer", text);
    }
  }

  /** Forgets the answers of one panel, as when its queries are others now. */
  forget(key: string) {
    delete this.panels[key];
    this.#open.delete(key);
  }
}

export class DashboardRun extends PanelAnswers {
  bounds = $state<Bounds | null>(null);
  busy = $state(false);
  finished_ms = $state<number | null>(null);
  /** Why the last run brought nothing, if it did not. */
  failed = $state("");
  #stop: AbortController | null = null;

  /** Runs a stored dashboard by its id, or a model that is not stored. */
  async start(what: string | DashboardModel, request: RunRequest, panels: Asking[]) {
    this.#stop?.abort();
    const stop = (this.#stop = new AbortController());
    this.busy = true;
    this.expect(panels);
    let why: unknown = null;
    try {
      await api.run(what, request, (line) => {
        if (stop.signal.aborted) return;
        if ("run" in line) this.bounds = line.run;
        else this.take(line);
      }, stop.signal);
    } catch (error) {
      why = error;
    }
    if (stop.signal.aborted) return;
    this.miss(why);
    this.busy = false;
    this.failed = why ? sentence(why) : "";
    if (!why) this.finished_ms = Date.now();
  }

  /** Asks for some panels besides what runs already. */
  async also(what: string | DashboardModel, request: RunRequest, panels: Asking[]) {
    this.expect(panels);
    const stop = this.#stop ?? (this.#stop = new AbortController());
    let why: unknown = null;
    try {
      await api.run(what, request, (line) => this.take(line), stop.signal);
    } catch (error) {
      why = error;
    }
    if (!stop.signal.aborted) this.miss(why, panels.map((panel) => panel.key));
  }

  end() {
    this.#stop?.abort();
  }
}
