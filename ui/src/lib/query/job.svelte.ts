/** One search job: started, polled until it ends, its rows read page by page. */
import { api, Failed, problemOf, type SearchHow } from "../api/client";
import type { Bounds, Field, JobTable, Problem, Value } from "../api/types";
import { sentence } from "../shell/session.svelte";
import { zone } from "../time/format";

const PAGE = 100;
const RECORDS = 10_000;
/** Asked again soon at first, so that a quick search is shown as quick as it is. */
const POLL_MS = [25, 25, 50, 100, 250];

export class SearchRun {
  running = $state(false);
  problem = $state.raw<Problem | null>(null);
  table = $state.raw<JobTable | null>(null);
  rows = $state.raw<Value[][]>([]);
  bounds = $state.raw<Bounds | null>(null);
  /** The query that the results are of, and the one asked for last. */
  query = $state("");
  asked = $state("");
  elapsed_ms = $state(0);
  finished_ms = $state(0);
  stopped = $state(false);
  #id = "";
  #turn = 0;

  /** Of the job on the server; empty once it is ended. */
  get id(): string {
    return this.#id;
  }
  get fields(): Field[] {
    return this.table?.fields ?? [];
  }

  async start(query: string, bounds: Bounds, how: SearchHow = {}) {
    await this.#drop();
    const turn = ++this.#turn;
    const began = Date.now();
    this.running = true;
    this.asked = query;
    this.elapsed_ms = 0;
    this.stopped = false;
    this.problem = null;
    try {
      const { id } = await api.startJob(query, bounds, zone, how);
      this.#id = id;
      await this.#follow(turn, query, bounds, began);
    } catch (error) {
      if (turn !== this.#turn) return;
      const text = sentence(error);
      this.problem = error instanceof Failed ? error.problem : problemOf("search-failed", text);
    }
    if (turn === this.#turn) this.running = false;
  }

  async #follow(turn: number, query: string, bounds: Bounds, began: number) {
    for (let asked = 0; ; asked++) {
      const table = await api.jobTable(this.#id, 0, PAGE);
      if (turn !== this.#turn) return;
      const done = !/^(NOT STARTED|GATHERING)/.test(table.state);
      if (table.problem) {
        this.problem = table.problem;
        return;
      }
      if (done || table.rows.length || table.histogram.length) {
        const whole = done && table.aggregate && table.total > PAGE ? await api.jobTable(this.#id, 0, RECORDS) : table;
        if (turn !== this.#turn) return;
        this.table = whole;
        this.rows = whole.rows;
        this.query = query;
        this.bounds = bounds;
      }
      this.elapsed_ms = Date.now() - began;
      if (done) {
        this.finished_ms = Date.now();
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS[Math.min(asked, POLL_MS.length - 1)]));
    }
  }

  async more() {
    const turn = this.#turn;
    try {
      const next = await api.jobTable(this.#id, this.rows.length, PAGE);
      if (turn === this.#turn) this.rows = [...this.rows, ...next.rows];
    } catch (error) {
      this.problem = problemOf("job-gone", `${sentence(error)} Running the query again brings the rest.`);
    }
  }

  /** At most this many rows from the first on, those that were not read yet, too. */
  async all(most: number): Promise<Value[][]> {
    const rows = [...this.rows];
    while (rows.length < Math.min(this.table?.total ?? 0, most)) {
      const next = await api.jobTable(this.#id, rows.length, Math.min(RECORDS, most - rows.length));
      if (!next.rows.length) break;
      rows.push(...next.rows);
    }
    return rows;
  }

  async stop() {
    this.#turn++;
    this.running = false;
    this.stopped = true;
    await this.#drop();
  }

  async #drop() {
    const id = this.#id;
    this.#id = "";
    if (id) await api.endJob(id).catch(() => undefined);
  }
}
