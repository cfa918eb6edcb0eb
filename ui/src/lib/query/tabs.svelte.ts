/** Queries open side by side, kept while the browser's tab lives; each with its own results. */
import { SearchRun } from "./job.svelte";

const KEY = "dohyo-search-tabs";
const MOST = 12;
const NAME_LETTERS = 28;

export class QueryTab {
  text = $state("");
  /** Parameters of the address when it was last in front. */
  search = "";
  name = $state("");
  /** The query as it was saved under the name. */
  saved = $state("");
  readonly run = new SearchRun();

  get title(): string {
    const words = this.text.replace(/\s+/g, " ").trim();
    return this.name || (words.length > NAME_LETTERS ? `${words.slice(0, NAME_LETTERS)}…` : words) || "Untitled";
  }
}

interface Kept {
  text: string;
  search: string;
  name: string;
  saved: string;
}

export class QueryTabs {
  list = $state.raw<QueryTab[]>([]);
  at = $state(0);
  readonly here = $derived(this.list[this.at]!);

  /** Those kept before; the one that the address asks for is in front. */
  constructor(search: string) {
    let kept: Kept[] = [];
    try {
      kept = JSON.parse(sessionStorage.getItem(KEY) ?? "[]") as Kept[];
    } catch {
      kept = [];
    }
    this.list = kept.slice(0, MOST).map((one) => Object.assign(new QueryTab(), one));
    const text = new URLSearchParams(search).get("q") ?? "";
    const same = this.list.findIndex((tab) => tab.search === search || tab.text === text);
    const free = same >= 0 ? same : this.list.findIndex((tab) => !tab.text);
    if (free >= 0) this.at = free;
    else this.add();
    this.here.text = text;
    this.here.search = search;
  }

  add(): QueryTab {
    if (this.list.length >= MOST) this.close(0);
    const tab = new QueryTab();
    this.list = [...this.list, tab];
    this.at = this.list.length - 1;
    return tab;
  }
  close(at: number) {
    this.list[at]?.run.stop();
    this.list = this.list.filter((_, i) => i !== at);
    if (!this.list.length) this.list = [new QueryTab()];
    this.at = Math.min(this.at > at ? this.at - 1 : this.at, this.list.length - 1);
  }
  keep() {
    const kept: Kept[] = this.list.map(({ text, search, name, saved }) => ({ text, search, name, saved }));
    sessionStorage.setItem(KEY, JSON.stringify(kept));
  }
}
