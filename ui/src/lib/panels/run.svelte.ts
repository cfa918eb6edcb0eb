/** The answers of a dashboard's panels. A new run keeps what is seen until its own answer arrives. */
import { api, Failed, problemOf, type RunRequest } from "../api/client";
import type { Answer, Bounds, Problem } from "../api/types";
import { sentence } from "../shell/session.svelte";

export interface PanelState {
  answer: Answer | null;
  problem: Problem | null;
  text: string;
  busy: boolean;
  /** When the answer came, and why a later refresh brought none. */
  at_ms: number;
  late: string | null;
}
const fresh = (): PanelState => ({ answer: null, problem: null, text: "", busy: true, at_ms: 0, late: null });

export class DashboardRun {
  panels = $state<Record<string, PanelState>>({});
  bounds = $state<Bounds | null>(null);
  busy = $state(false);
  finished_ms = $state<number | null>(null);
  #stop: AbortController | null = null;

  async start(id: string, request: RunRequest, keys: string[]) {
    this.#stop?.abort();
    const stop = (this.#stop = new AbortController());
    this.busy = true;
    for (const key of keys) {
      this.panels[key] ??= fresh();
      this.panels[key].busy = true;
    }
    let why: unknown = null;
    try {
      await api.run(id, request, (line) => {
        if (stop.signal.aborted) return;
        if ("run" in line) this.bounds = line.run;
        else if ("panel" in line) this.#take(line.panel, line);
      }, stop.signal);
    } catch (error) {
      why = error;
    }
    if (stop.signal.aborted) return;
    for (const key of keys) if (this.panels[key]?.busy) this.#miss(key, why);
    this.busy = false;
    this.finished_ms = Date.now();
  }

  end() {
    this.#stop?.abort();
  }

  #take(key: string, line: Answer | { ok: false; text: string; problem: Problem }) {
    const state = this.panels[key];
    if (!state) return;
    state.busy = false;
    state.text = line.text;
    state.late = null;
    if (line.ok) {
      state.answer = line;
      state.problem = null;
      state.at_ms = Date.now();
    } else state.problem = line.problem;
  }

  #miss(key: string, why: unknown) {
    const state = this.panels[key]!;
    state.busy = false;
    const text = why ? sentence(why) : "The answer ended before this panel's.";
    if (state.answer) state.late = text;
    else state.problem = why instanceof Failed ? why.problem : problemOf("no-answer", text);
  }
}
