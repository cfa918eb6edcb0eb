/** An open dashboard: its model, what the address says of range and variables, and its answers. */
import { untrack } from "svelte";
import { api, Failed, type RangeWords, type RunRequest } from "../api/client";
import type { DashboardModel, DashboardRow } from "../api/types";
import { route } from "../shell/route.svelte";
import { sentence } from "../shell/session.svelte";
import { theme } from "../shell/theme.svelte";
import { dayShort, zone, zoneName } from "../time/format";
import { fromModel, isRelative, rangeLabel } from "../time/range";
import { asking, panelViews, type PanelView } from "./model";
import { DashboardRun } from "./run.svelte";
import { standardOf, valuesOf } from "./several";

export interface VariableState {
  name: string;
  label: string;
  standard: string;
  value: string;
  all: boolean;
  /** Whether several values may be chosen; then `value` may be a list of them (`valuesOf`). */
  multi: boolean;
  hidden: boolean;
}

const sent = (variable: VariableState, value: string) => (variable.multi && valuesOf(value).length > 1 ? valuesOf(value) : value);

export class Board {
  model = $state.raw<DashboardModel | null>(null);
  siblings = $state.raw<DashboardRow[]>([]);
  wrong = $state("");
  /** Counts the asks for a refresh. */
  tick = $state(0);
  /** Set while the model differs from the stored one, so that runs bring it along. */
  draft = $state(false);
  folded = $state.raw(new Set<string>());
  readonly run = new DashboardRun();
  #newest_ms = $state<number | null>(null);
  #loaded = $state(false);

  readonly here = $derived(this.siblings.find((row) => row.id === this.id || row.id === this.model?.id));
  readonly views = $derived(this.model ? panelViews(this.model) : []);
  /** Without the panels of folded sections. */
  readonly seen = $derived.by(() => {
    const hidden = new Set(this.views.filter((v) => v.kind === "section" && this.folded.has(v.key)).flatMap((v) => v.children));
    return this.views.filter((view) => !hidden.has(view.key));
  });
  readonly standardRange = $derived(fromModel(this.model?.timeRange));
  readonly range = $derived.by((): RangeWords => {
    const from = route.params.get("from");
    const to = route.params.get("to");
    return from ? { from, ...(to ? { to } : {}) } : this.standardRange;
  });
  readonly ownRange = $derived(!!route.params.get("from"));
  readonly variables = $derived(
    (this.model?.variables ?? []).map((v): VariableState => {
      const multi = !!v.allowMultiSelect;
      const standard = standardOf(v.defaultValue || "*", multi);
      return { name: v.name, label: v.displayName || v.name, standard, value: route.params.get(`var.${v.name}`) ?? standard, all: v.includeAllOption !== false, multi, hidden: !!v.hideFromUI };
    }),
  );
  readonly changed = $derived(this.variables.filter((v) => v.value !== v.standard));
  readonly filters = $derived(this.changed.map((v) => `${v.label} = ${(v.multi ? valuesOf(v.value) : [v.value]).join(", ")}`));
  readonly interval_s = $derived(Number(route.params.get("refresh") ?? this.model?.refreshInterval ?? 0));
  readonly request = $derived<RunRequest>({ range: this.range, variables: Object.fromEntries(this.variables.map((v) => [v.name, sent(v, v.value)])), timeZone: zone });
  // A text: it changes only with what it says, not with every change of the model.
  readonly #requestText = $derived(JSON.stringify(this.request));
  readonly emptyFact = $derived(this.#newest_ms ? `The newest message of all sources is from ${dayShort(this.#newest_ms, true)} ${zoneName}.` : "No messages have been collected yet.");
  readonly reading = $derived(`Reading ${rangeLabel(this.range).toLowerCase()}`);

  constructor(readonly id: string) {
    $effect(() => {
      void this.tick;
      void this.#requestText;
      if (this.#loaded) untrack(() => this.#start());
    });
    $effect(() => {
      if (!this.interval_s || !isRelative(this.range)) return;
      const timer = setInterval(() => document.hidden || this.run.busy || this.tick++, this.interval_s * 1000);
      return () => clearInterval(timer);
    });
    $effect(() => {
      theme.lend(this.model?.theme?.toLowerCase() === "dark" ? "dark" : null);
      return () => theme.lend(null);
    });
    $effect(() => () => this.run.end());
  }

  async load() {
    this.wrong = "";
    try {
      const [model, siblings] = await Promise.all([api.dashboard(this.id), api.dashboards()]);
      this.siblings = siblings;
      this.folded = new Set(panelViews(model).filter((v) => v.folded).map((v) => v.key));
      this.model = model;
      this.#loaded = true;
      document.title = `${model.title} · Dohyo`;
      this.#newest_ms = (await api.home()).alerts.newest_ms;
    } catch (error) {
      const gone = error instanceof Failed && error.status === 404;
      this.wrong = gone ? "There is no dashboard at this address. It may have been deleted or moved." : sentence(error);
    }
  }

  #start() {
    this.run.start(this.draft ? this.model! : this.id, $state.snapshot(this.request), asking(this.views));
  }

  /** Asks for some panels alone, as after their queries changed. */
  ask(keys: string[]) {
    const panels = asking(this.views).filter((panel) => keys.includes(panel.key));
    if (panels.length) this.run.also(this.draft ? this.model! : this.id, { ...this.request, panels: panels.map((p) => p.key) }, panels);
  }

  fold(key: string) {
    const next = new Set(this.folded);
    if (!next.delete(key)) next.add(key);
    this.folded = next;
  }

  /** Back to the range that the dashboard has by itself. */
  revertRange = () => route.set({ from: null, to: null });
  setRange = (next: RangeWords) => route.set({ from: next.from, to: next.to ?? null });
  setVariable = (name: string, value: string, standard: string) => route.set({ [`var.${name}`]: value === standard ? null : value });
  clearFilters = () => route.set(Object.fromEntries(this.changed.map((v) => [`var.${v.name}`, null])));

  /** What a panel would show without the filters. */
  async unfiltered(view: PanelView): Promise<string> {
    let found = "";
    const variables = Object.fromEntries(this.variables.map((v) => [v.name, sent(v, v.standard)]));
    await api.run(this.draft ? this.model! : this.id, { ...this.request, variables, panels: [view.key] }, (line) => {
      if (!("panel" in line) || !line.ok || found) return;
      const at = line.fields.findIndex((f) => /count/i.test(f.name) && f.type !== "string");
      const sum = at < 0 ? line.rows.length : line.rows.reduce((all, row) => all + Number(row[at] ?? 0), 0);
      const word = this.filters.length > 1 ? "these filters" : "this filter";
      found = sum ? `Without ${word} there ${sum === 1 ? "is" : "are"} ${sum.toLocaleString("en-GB")}.` : `Without ${word} there is nothing either.`;
    }, new AbortController().signal);
    return found;
  }
}
