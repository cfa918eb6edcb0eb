/** The content library: folders, dashboards, saved searches, lookup tables. */
import { ask, Failed, json, OWN, problemOf, sendFile, sendForm, Written } from "./call";
import type { DashboardModel, TimeRangeModel } from "./types";

export type ItemType = "Folder" | "Dashboard" | "Search" | "Lookups" | "Report" | string;
export interface Item {
  id: string;
  name: string;
  itemType: ItemType;
  parentId: string;
  description?: string | null;
  permissions: string[];
  createdAt: string;
  modifiedAt: string;
  createdBy: string;
  modifiedBy: string;
}
export interface Folder extends Item {
  children: Item[];
}
export interface Place {
  path: string;
  pathItems: { id: string; name: string }[];
}
export interface LogSearch {
  id: string;
  name: string;
  description?: string | null;
  parentId?: string;
  queryString: string;
  timeRange: TimeRangeModel;
  [key: string]: unknown;
}
export interface LookupColumn {
  fieldName: string;
  fieldType: string;
}
export interface LookupDraft {
  name: string;
  description: string;
  fields: LookupColumn[];
  primaryKeys: string[];
  /** Minutes; 0: rows stay. */
  ttl: number;
  sizeLimitAction: string;
  parentFolderId: string;
}
export interface LookupTable extends LookupDraft {
  id: string;
  size: number;
}
export interface ItemVersion {
  version: number;
  name: string;
  modified_ms: number;
  by: string;
}
export interface ReportLine {
  place: string;
  part: string;
  title: string;
  verdict: "works" | "note" | "unsupported";
  reason: string;
  where: string;
}
/** A part that an import did not take. */
export interface LeftOut {
  path: string;
  error: string;
}
export interface ContentReport {
  name?: string;
  items?: number;
  lines: ReportLine[];
  leftOut?: LeftOut[];
  /** What its queries leave to whoever imports it. */
  parameters: { name: string; kind: "scope" | "value" | "variable"; default: string }[];
}
interface JobState {
  status: "InProgress" | "Success" | "Failed";
  statusMessage?: string | null;
  error?: { code?: string; message?: string; detail?: string } | null;
}
const V2 = "/api/v2/content";
const WAIT_MS = 200;
const LONGEST_MS = 60_000;
const part = encodeURIComponent;

/** Starts a job and waits for its end; the last message may carry the new item's id. */
async function job(start: string, follow: string, body: unknown = {}, method = "POST"): Promise<{ id: string; message: string }> {
  const { id } = await json<{ id: string }>(method, start, body);
  const began = Date.now();
  for (;;) {
    const state = await json<JobState>("GET", `${follow}/${id}/status`);
    if (state.status === "Success") return { id, message: state.statusMessage ?? "" };
    if (state.status === "Failed") {
      const { code = "job-failed", message = "It could not be done.", detail } = state.error ?? {};
      throw new Failed(400, problemOf(code, message, detail ? [detail] : []));
    }
    if (Date.now() - began > LONGEST_MS) throw new Failed(504, problemOf("job-slow", "It takes longer than a minute and goes on by itself."));
    await new Promise((after) => setTimeout(after, WAIT_MS));
  }
}
const written = async (answer: Response) => new Written(await answer.text());
const made = (message: string) => message.split(":").at(-1)!.trim();

async function common(name: "installedApps" | "adminRecommended"): Promise<Folder> {
  const at = `${V2}/folders/${name}`;
  const { id } = await json<{ id: string }>("GET", at);
  for (;;) {
    const { status } = await json<JobState>("GET", `${at}/${id}/status`);
    if (status === "Success") return json<Folder>("GET", `${at}/${id}/result`);
    if (status === "Failed") throw new Failed(500, problemOf("job-failed", "The folder could not be read."));
    await new Promise((after) => setTimeout(after, WAIT_MS));
  }
}

export const content = {
  personal: () => json<Folder>("GET", `${V2}/folders/personal`),
  installedApps: () => common("installedApps"),
  adminRecommended: () => common("adminRecommended"),
  folder: (id: string) => json<Folder>("GET", `${V2}/folders/${part(id)}`),
  place: (id: string) => json<Place>("GET", `${V2}/${part(id)}/path`),
  createFolder: (parentId: string, name: string, description = "") => json<Folder>("POST", `${V2}/folders`, { name, description, parentId }),
  rename: (id: string, name: string, description?: string) => json<Item>("PATCH", `${OWN}/content/${part(id)}`, { name, description }),
  copy: async (id: string, folderId: string) => made((await job(`${V2}/${part(id)}/copy?destinationFolder=${part(folderId)}`, `${V2}/${part(id)}/copy`)).message),
  move: (id: string, folderId: string) => ask("POST", `${V2}/${part(id)}/move?destinationFolderId=${part(folderId)}`, {}),
  remove: (id: string) => job(`${V2}/${part(id)}/delete`, `${V2}/${part(id)}/delete`, undefined, "DELETE"),
  /** The published definition, exactly as it was imported. */
  async export(id: string): Promise<Written> {
    const { id: done } = await job(`${V2}/${part(id)}/export`, `${V2}/${part(id)}/export`);
    return written(await ask("GET", `${V2}/${part(id)}/export/${done}/result`));
  },
  /** Earlier versions, newest first. */
  versions: async (id: string) => (await json<{ versions: ItemVersion[] }>("GET", `${OWN}/content/${part(id)}/versions`)).versions,
  restore: (id: string, version: number) => ask("POST", `${OWN}/content/${part(id)}/versions/${version}/restore`, {}),
  /** What of a definition would work here; stores nothing. */
  report: (definition: Written) => json<ContentReport>("POST", `${OWN}/content/report`, definition),
  /** A published package in a .zip as one definition. */
  async ofArchive(archive: File): Promise<{ definition: Written; others: string[] }> {
    const { definition, others } = (await (await sendFile(`${OWN}/content/archive`, archive, "application/zip")).json()) as { definition: unknown; others: string[] };
    return { definition: new Written(JSON.stringify(definition)), others };
  },
  filled: async (definition: Written, values: Record<string, string>) => written(await ask("POST", `${OWN}/content/filled`, new Written(`{"definition":${definition.text},"values":${JSON.stringify(values)}}`))),
  /** What of a stored item works here. */
  reportOf: (id: string) => json<ContentReport>("GET", `${OWN}/content/${part(id)}/report`),
  /** Stores a published definition in a folder; gives the new item's id and what was left out. */
  async import(folderId: string, definition: Written, overwrite: boolean): Promise<{ id: string; failures: { path: string; error: string }[] }> {
    const at = `${V2}/folders/${part(folderId)}/import`;
    const { id, message } = await job(`${at}?overwrite=${overwrite}`, at, definition);
    const { failures = [] } = await json<{ failures?: { path: string; error: string }[] }>("GET", `${at}/${id}/result`);
    return { id: made(message), failures };
  },
  search: (id: string) => json<LogSearch>("GET", `/api/v1/logSearches/${part(id)}`),
  saveSearch: (search: Omit<LogSearch, "id">) => json<LogSearch>("POST", "/api/v1/logSearches", search),
  replaceSearch: (id: string, search: Partial<LogSearch>) => json<LogSearch>("PUT", `/api/v1/logSearches/${part(id)}`, search),
  createLookup: (draft: LookupDraft) => json<LookupTable>("POST", "/api/v1/lookupTables", draft),
  lookup: (id: string) => json<LookupTable>("GET", `/api/v1/lookupTables/${part(id)}`),

  /** Stores the rows of a CSV file; waits for the end and gives what the server said. */
  async uploadRows(id: string, file: File, merge: boolean): Promise<string> {
    const form = new FormData();
    form.append("file", file);
    const { id: job } = await (await sendForm(`/api/v1/lookupTables/${part(id)}/upload?merge=${merge}`, form)).json();
    for (;;) {
      const state = await json<{ status: string; statusMessages?: string[]; errors?: { message: string }[]; warnings?: { message: string }[] }>("GET", `/api/v1/lookupTables/jobs/${job}/status`);
      const told = [...(state.statusMessages ?? []), ...(state.warnings ?? []).map((w) => w.message)].join(" ");
      if (state.status === "Success" || state.status === "PartialSuccess") return told;
      if (state.status === "Failed") throw new Failed(400, problemOf("upload-failed", state.errors?.map((e) => e.message).join("; ") || told || "The rows could not be stored."));
      await new Promise((after) => setTimeout(after, WAIT_MS));
    }
  },

  createDashboard: (model: Omit<DashboardModel, "id">) => json<DashboardModel>("POST", "/api/v2/dashboards", model),
  /** The dashboard with the version that a change of it needs. */
  editable: (id: string) => json<{ dashboard: DashboardModel; version: number; readOnly: boolean }>("GET", `${OWN}/dashboards/${part(id)}`),
  /** Stores the whole model unless somebody else has changed it since (409); gives the new version. */
  replaceDashboard: async (id: string, dashboard: DashboardModel, version: number) => (await json<{ version: number }>("PUT", `${OWN}/dashboards/${part(id)}`, { dashboard, version })).version,
};

/** The folders that belong to everybody are read-only but for those who manage content. */
export function mayChange(item: Item): boolean {
  return item.permissions.includes("Edit") || item.permissions.includes("Manage");
}
