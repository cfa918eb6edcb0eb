/** Editing of a dashboard: changes that can be taken back, stored by themselves a moment later. */
import { untrack } from "svelte";
import { Failed } from "../api/call";
import { content } from "../api/content";
import type { DashboardModel, PanelModel } from "../api/types";
import type { Board } from "../panels/board.svelte";
import { sentence } from "../shell/session.svelte";
import { timeOfDay } from "../time/format";
import { freshKey, newPanel, newText } from "./fresh";
import { freePlace, placesOf, withBoxes, type Boxes } from "./layout";

const SAVE_MS = 800;
const MOST_STEPS = 100;
type Change = (model: DashboardModel) => DashboardModel;
const asks = (panel: PanelModel) => JSON.stringify([panel.panelType, panel.queries, panel.timeRange]);

export class Editor {
  past = $state.raw<DashboardModel[]>([]);
  future = $state.raw<DashboardModel[]>([]);
  saving = $state<"saved" | "waiting" | "failed" | "conflict">("saved");
  why = $state("");
  saved_ms = $state(0);
  #version = 0;
  #begun: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(readonly board: Board) {}

  get note(): string {
    if (this.saving === "failed") return `Not saved: ${this.why}`;
    if (this.saving === "conflict") return "Not saved: someone else changed this dashboard.";
    if (this.saving === "waiting") return "Saving";
    return this.saved_ms ? `Saved ${timeOfDay(this.saved_ms)}` : "Changes are saved by themselves";
  }

  /** Reads the version that changes go on from; once, however often it is asked for while it is read. */
  begin(): Promise<void> {
    return (this.#begun ??= this.#begin().catch((error) => {
      this.#begun = null;
      throw error;
    }));
  }

  async #begin() {
    const { dashboard, version } = await content.editable(this.board.id);
    this.#version = version;
    this.board.draft = true;
    // What was read for looking may be older; what was changed meanwhile stays.
    if (!this.past.length && JSON.stringify(dashboard) !== JSON.stringify(this.board.model)) this.#show(dashboard);
  }

  /** Ends editing, once everything is stored. */
  rest() {
    if (this.saving !== "saved") return;
    this.board.draft = false;
    this.#begun = null;
  }

  change(change: Change) {
    const before = this.board.model!;
    const after = change(before);
    if (JSON.stringify(after) === JSON.stringify(before)) return;
    this.past = [...this.past, before].slice(-MOST_STEPS);
    this.future = [];
    this.#show(after);
    this.#later();
  }

  undo() {
    const before = this.past.at(-1);
    if (!before) return;
    this.past = this.past.slice(0, -1);
    this.future = [this.board.model!, ...this.future];
    this.#show(before);
    this.#later();
  }

  redo() {
    const next = this.future[0];
    if (!next) return;
    this.future = this.future.slice(1);
    this.past = [...this.past, this.board.model!];
    this.#show(next);
    this.#later();
  }

  /** Shows the model; panels that ask something else now are asked again. */
  #show(next: DashboardModel) {
    const before = new Map((this.board.model?.panels ?? []).map((panel) => [panel.key, asks(panel)]));
    this.board.model = next;
    const changed = next.panels.filter((panel) => before.get(panel.key) !== asks(panel)).map((panel) => panel.key);
    untrack(() => {
      for (const key of changed) this.board.run.forget(key);
      this.board.ask(changed);
    });
  }

  #later() {
    if (this.saving === "conflict") return;
    this.saving = "waiting";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), SAVE_MS);
  }

  /** Stores what there is now; one store at a time. */
  save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#running = this.#running.then(() => this.#save());
    return this.#running;
  }

  async #save() {
    if (this.saving === "saved" || this.saving === "conflict") return;
    try {
      await this.begin();
    } catch (error) {
      [this.saving, this.why] = ["failed", sentence(error)];
      return;
    }
    const model = this.board.model!;
    try {
      this.#version = await content.replaceDashboard(this.board.id, model, this.#version);
      if (this.board.model === model) this.saving = "saved";
      this.saved_ms = Date.now();
      this.why = "";
    } catch (error) {
      this.saving = error instanceof Failed && error.status === 409 ? "conflict" : "failed";
      this.why = sentence(error);
    }
  }

  /** After a conflict: takes what the other one made, or stores one's own over it. */
  async resolve(mine: boolean) {
    const { dashboard, version } = await content.editable(this.board.id);
    this.#version = version;
    this.saving = "waiting";
    if (mine) return this.save();
    this.past = [...this.past, this.board.model!];
    this.#show(dashboard);
    this.saving = "saved";
  }

  // Panels

  place(boxes: Boxes) {
    this.change((model) => withBoxes(model, boxes));
  }

  add(kind: "panel" | "text"): string {
    const panel = kind === "text" ? newText() : newPanel();
    this.#insert(panel, kind === "text" ? [8, 4] : [12, 8]);
    return panel.key;
  }

  duplicate(key: string): string | null {
    const panel = this.board.model!.panels.find((p) => p.key === key);
    if (!panel) return null;
    const box = placesOf(this.board.model!).get(key)!;
    const copy = { ...structuredClone(panel), id: null, key: freshKey(), title: panel.title ? `${panel.title} (copy)` : "" };
    this.#insert(copy, [box.w, box.h]);
    return copy.key;
  }

  #insert(panel: PanelModel, [w, h]: [number, number]) {
    this.change((model) => {
      const boxes = placesOf(model);
      boxes.set(panel.key, freePlace(boxes, w, h));
      return withBoxes({ ...model, panels: [...model.panels, panel] }, boxes);
    });
  }

  remove(key: string) {
    this.change((model) => {
      const panels = model.panels.filter((panel) => panel.key !== key);
      const rest = { ...model, panels, layout: model.layout && { ...model.layout, layoutStructures: model.layout.layoutStructures.filter((s) => s.key !== key) } };
      return withBoxes(rest, placesOf(rest));
    });
  }

  replace(panel: PanelModel) {
    this.change((model) => ({ ...model, panels: model.panels.map((p) => (p.key === panel.key ? panel : p)) }));
  }
}
