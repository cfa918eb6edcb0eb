/** What the install wizard gathers; changing the way keeps what was typed. */
import { inputsOf, scopeForms, type AppDetails, type Collection, type Order, type ScopeForm } from "../api/apps";
import { collection, type CollectorRow, type SourceType } from "../api/collection";
import { configOf, sourceFields, isAsked, wrongOf, type SourceField } from "../forms/sourceFields";

export type Way = "new-collector" | "existing-collector" | "existing-source";
export interface CollectorForm {
  name: string;
  description: string;
  timeZone: string;
  fields: Record<string, string>;
}

export class InstallOrder {
  way = $state<Way>("new-collector");
  collector = $state<CollectorForm>({ name: "", description: "", timeZone: "UTC", fields: {} });
  collectorId = $state(0);
  sourceId = $state(0);
  values = $state.raw<Record<string, unknown>>({});
  wrongs = $state.raw<Record<string, string>>({});
  nameWrong = $state("");
  /** One for each parameter of the app. */
  scopes = $state<ScopeForm[]>([]);
  collectors = $state.raw<CollectorRow[]>([]);
  type = $state.raw<SourceType | null>(null);
  fields = $state.raw<SourceField[]>([]);

  constructor(readonly app: AppDetails) {
    this.scopes = scopeForms(app.parameters);
  }

  readonly sources = $derived(this.collectors.flatMap((c) => c.sources).filter((s) => this.app.needs.includes(s.type)));
  readonly source = $derived(this.sources.find((s) => s.id === this.sourceId) ?? null);
  readonly existing = $derived(this.collectors.find((c) => c.id === this.collectorId) ?? null);
  readonly makesSource = $derived(this.way !== "existing-source");
  readonly collectorName = $derived(this.way === "new-collector" ? this.collector.name : (this.existing?.name ?? ""));
  readonly category = $derived(String(this.makesSource ? (this.values.category || (this.way === "existing-collector" ? this.existing?.category : "") || "") : (this.source?.category ?? "")));

  async load() {
    const [collectors, types] = await Promise.all([collection.all(), this.app.needs.length ? collection.types() : []]);
    this.collectors = collectors;
    this.type = types.find((type) => this.app.needs.includes(type.name)) ?? null;
    this.fields = this.type ? sourceFields(this.type) : [];
    this.values = Object.fromEntries(this.fields.map((f) => [f.key, f.standard]));
    this.collectorId = collectors[0]?.id ?? 0;
    this.sourceId = this.sources[0]?.id ?? 0;
    if (this.sources.length || !this.type) this.way = "existing-source";
  }

  /** Takes the values over from the source until somebody chooses others. */
  follow() {
    for (const scope of this.scopes) if (!scope.touched) [scope.field, scope.value] = ["_sourceCategory", this.category];
  }

  checkCollector(): boolean {
    const { name } = this.collector;
    if (!name.trim()) this.nameWrong = "A name is needed, such as Azure security.";
    else if (name.length > 128) this.nameWrong = "At most 128 characters.";
    else if (this.collectors.some((c) => c.name === name.trim())) this.nameWrong = "A collector of this name exists. Use the existing one, or another name.";
    else this.nameWrong = "";
    return !this.nameWrong;
  }

  checkSource(): boolean {
    const found = this.fields.filter((f) => isAsked(f, this.values)).map((f) => [f.key, wrongOf(f, this.values[f.key], false)] as const).filter(([, wrong]) => wrong);
    const twice = this.way === "existing-collector" && this.existing?.sources.some((s) => s.name === String(this.values.name ?? "").trim());
    if (twice) found.push(["name", "The collector has a source of this name."]);
    this.wrongs = Object.fromEntries(found);
    return !found.length;
  }

  config(): Record<string, unknown> {
    return configOf(this.fields, this.values);
  }

  order(version: string): Order {
    return { version, parameters: inputsOf(this.app.parameters, this.scopes), collection: this.#collection() };
  }

  #collection(): Collection {
    const source = { schemaType: this.type?.name ?? "", config: this.config() };
    if (this.way === "new-collector") return { way: "new-collector", collector: { ...this.collector, name: this.collector.name.trim() }, source };
    if (this.way === "existing-collector") return { way: "existing-collector", collectorId: this.collectorId, source };
    return this.source ? { way: "existing-source", collectorId: this.source.collectorId, sourceId: this.source.id } : { way: "none" };
  }
}

const WORDS = { healthy: "healthy", warning: "late", error: "in error" };
/** `3 sources, all healthy but one`. */
export function collectorNote(collector: CollectorRow): string {
  const { sources } = collector;
  if (!sources.length) return "no source yet";
  const bad = sources.filter((s) => s.health !== "healthy");
  const many = `${sources.length} ${sources.length === 1 ? "source" : "sources"}`;
  if (!bad.length) return `${many}, ${sources.every((s) => s.paused) ? "paused" : "healthy"}`;
  return sources.length === 1 ? `${many}, ${WORDS[bad[0]!.health]}` : `${many}, ${bad.length} not healthy`;
}
