/** The catalog of apps and their life cycle. */
import { ask, json, OWN, sendFile } from "./call";
import type { DashboardModel, Problem, RunLine } from "./types";

export type ResourceKind = "dashboard" | "search" | "lookup" | "monitor" | "hotFields";
export type Action = "install" | "upgrade" | "uninstall";

export interface AppCard {
  uuid: string;
  name: string;
  description: string;
  author: string;
  categories: string[];
  /** Source types that feed it; none if it reads what is there anyway. */
  needs: string[];
  latestVersion: string;
  icon: string | null;
  includes: Partial<Record<ResourceKind, number>>;
  installed: { instanceId: string; version: string; folderId: string; path: string } | null;
  upgrade: { version: string; summary: string } | null;
  jobId: string | null;
}
export interface Resource {
  kind: ResourceKind;
  key: string;
  name: string;
  description: string;
  detail: string;
  /** Of the installed item. */
  id: string | null;
  query?: string | null;
}
/** A scope that installing asks for: which field has which value. */
export interface Parameter {
  label: string;
  /** Items with this scope, where not all have it. */
  usedBy?: string[];
  /** Names of the two inputs. */
  keyVar: string;
  valueVar: string;
  field: string;
  value: string;
}
/** What is typed for a parameter. `touched`: somebody chose it, it no longer follows a source. */
export interface ScopeForm {
  field: string;
  value: string;
  touched: boolean;
}
export function scopeForms(parameters: Parameter[]): ScopeForm[] {
  return parameters.map(() => ({ field: "_sourceCategory", value: "", touched: false }));
}
export function inputsOf(parameters: Parameter[], scopes: ScopeForm[]): Record<string, string> {
  return Object.assign({}, ...parameters.map((one, i) => ({ [one.keyVar]: scopes[i]!.field, [one.valueVar]: scopes[i]!.value })));
}
export interface AppVersion {
  version: string;
  date: string | null;
  changes: string;
  /** From an archive that somebody added: it can be taken out again. */
  added: boolean;
}
export interface AppDetails extends AppCard {
  version: string;
  overview: string;
  readme: string;
  collectionKinds: string[];
  resources: Resource[];
  parameters: Parameter[];
  versions: AppVersion[];
  sampleLog: string | null;
  sampleQueries: { name: string; description: string; query: string }[];
  installation: { version: string; path: string; folderId: string; parameters: Record<string, string>; at_ms: number; by: string } | null;
}
export interface Change {
  change: "added" | "changed" | "removed" | "kept";
  kind: string;
  name: string;
  detail: string;
}
export interface Plan {
  action: Action;
  from: string | null;
  to: string | null;
  parameters: Parameter[];
  changes: Change[];
  keeps: string[];
}
export interface JobStep {
  name: string;
  detail: string;
  state: "waiting" | "running" | "done" | "failed";
  elapsed_ms: number | null;
}
export interface AppJob {
  id: string;
  action: Action;
  uuid: string;
  name: string;
  version: string | null;
  status: "InProgress" | "Success" | "Failed";
  message: string | null;
  hints: string[];
  steps: JobStep[];
  folderId: string | null;
  path: string | null;
  dashboards: { id: string; title: string }[];
}
export type Collection =
  | { way: "existing-source"; collectorId: number; sourceId: number }
  | { way: "none" }
  | { way: "existing-collector"; collectorId: number; source: SourceOrder }
  | { way: "new-collector"; collector: CollectorOrder; source: SourceOrder };
export interface CollectorOrder {
  name: string;
  description: string;
  timeZone: string;
  fields: Record<string, string>;
}
export interface SourceOrder {
  schemaType: string;
  config: Record<string, unknown>;
}
export interface Order {
  version?: string;
  parameters: Record<string, string>;
  collection?: Collection;
}
export interface Preview {
  dashboard: DashboardModel;
  lines: RunLine[];
}

const at = (uuid: string) => `${OWN}/apps/${encodeURIComponent(uuid)}`;
const versioned = (version?: string) => (version ? `?version=${encodeURIComponent(version)}` : "");

export const apps = {
  /** `problems` are of added archives that are not in the catalog. */
  list: () => json<{ apps: AppCard[]; problems: Problem[] }>("GET", `${OWN}/apps`),
  details: (uuid: string, version?: string) => json<AppDetails>("GET", at(uuid) + versioned(version)),
  /** A dashboard of the package with answers to draw, made from the package's own sample. */
  preview: (uuid: string, key: string, version?: string) => json<Preview>("GET", `${at(uuid)}/previews/${encodeURIComponent(key)}${versioned(version)}`),
  /** With an order its part is shown, too, and it is checked. */
  plan: (uuid: string, action: Action, version?: string, order?: Order) => json<Plan>("POST", `${at(uuid)}/plan`, { ...order, action, version }),
  start: (uuid: string, action: Action, order: Order) => json<{ jobId: string }>("POST", `${at(uuid)}/${action}`, order),
  /** Adds an archive to the catalog. */
  add: async (archive: File) => (await (await sendFile(`${OWN}/apps`, archive, "application/zip")).json()) as { uuid: string; name: string; version: string },
  /** Takes an added version out of the catalog. */
  remove: (uuid: string, version: string) => ask("DELETE", `${at(uuid)}/versions/${encodeURIComponent(version)}`),
  job: (id: string) => json<AppJob>("GET", `${OWN}/apps/jobs/${encodeURIComponent(id)}`),
};
