/** A panel while it is edited: its parts, and the answers of its queries as they stand. */
import { api, Failed, problemOf, type RunRequest } from "../api/client";
import type { Answer, DashboardModel, PanelModel, Problem, QueryModel } from "../api/types";
import { kindOf, panelView, type PanelView } from "../panels/model";
import type { PanelState } from "../panels/run.svelte";
import { settingsOf } from "../panels/settings";
import { sentence } from "../shell/session.svelte";
import { newQuery } from "./fresh";
import { withSetting } from "./visual";

export class Draft {
  panel = $state.raw<PanelModel>({ key: "", title: "", panelType: "SumoSearchPanel" });
  state = $state<PanelState>({ answers: {}, problems: {}, texts: {}, busy: false, at_ms: 0, late: null });
  /** The queries that the answers belong to. */
  asked = $state("");
  #stop: AbortController | null = null;

  readonly settings = $derived(settingsOf(this.panel.visualSettings));
  readonly view = $derived<PanelView>(panelView(this.panel, { x: 0, y: 0, w: 12, h: 8 }));
  readonly isText = $derived(kindOf(this.panel.panelType, this.settings) === "text");
  readonly queries = $derived(this.panel.queries ?? []);
  readonly answer = $derived<Answer | undefined>(this.view.queries.filter((q) => q.shown).map((q) => this.state.answers[q.key]).find((a) => a));
  readonly stale = $derived(this.asked !== this.#asks());

  constructor(panel: PanelModel) {
    this.panel = panel;
  }

  #asks(): string {
    return JSON.stringify([this.queries, this.panel.timeRange]);
  }

  patch(change: Partial<PanelModel>) {
    this.panel = { ...this.panel, ...change };
  }
  set(path: string[], value: unknown) {
    this.patch({ visualSettings: withSetting(this.panel.visualSettings, path, value) });
  }

  setQuery(key: string, change: Partial<QueryModel>) {
    this.patch({ queries: this.queries.map((q) => (q.queryKey === key ? { ...q, ...change } : q)) });
  }
  addQuery() {
    const key = [..."ABCDEF"].find((letter) => this.queries.every((q) => q.queryKey !== letter));
    if (key) this.patch({ queries: [...this.queries, newQuery(key, this.queries.at(-1)?.queryString ?? "")] });
  }
  removeQuery(key: string) {
    this.patch({ queries: this.queries.filter((q) => q.queryKey !== key) });
    this.hide(key, false);
  }
  hide(key: string, hidden: boolean) {
    const others = (this.settings.hiddenQueryKeys ?? []).filter((k) => k !== key);
    const next = hidden ? [...others, key] : others;
    this.set(["hiddenQueryKeys"], next.length ? next : undefined);
  }

  /** Runs the queries within the dashboard's range and variables. */
  async run(model: DashboardModel, request: RunRequest) {
    if (this.isText) return;
    this.#stop?.abort();
    const stop = (this.#stop = new AbortController());
    this.asked = this.#asks();
    this.state.busy = true;
    const asked = this.queries.filter((q) => q.queryString.trim());
    const alone: DashboardModel = { ...model, panels: [{ ...this.panel, queries: asked }], layout: null };
    const found: { answers: Record<string, Answer>; problems: Record<string, Problem>; texts: Record<string, string> } = { answers: {}, problems: {}, texts: {} };
    try {
      if (asked.length) {
        await api.run(alone, { ...request, panels: [this.panel.key] }, (line) => {
          if (!("panel" in line)) return;
          found.texts[line.query] = line.text;
          if (line.ok) found.answers[line.query] = line;
          else found.problems[line.query] = line.problem;
        }, stop.signal);
      }
    } catch (error) {
      if (stop.signal.aborted) return;
      for (const q of asked) found.problems[q.queryKey] = error instanceof Failed ? error.problem : problemOf("run-failed", sentence(error));
    }
    if (stop.signal.aborted) return;
    // The last good answer stays in sight while its query is being mended.
    const kept = Object.fromEntries(Object.entries(this.state.answers).filter(([key]) => found.problems[key]));
    this.state = { answers: { ...kept, ...found.answers }, problems: found.problems, texts: found.texts, busy: false, at_ms: Date.now(), late: null };
  }

  end() {
    this.#stop?.abort();
  }
}
