/** The made-up content library, kept in memory: folders, dashboards, searches and a lookup table. */
import { readFileSync } from "node:fs";
import { gallery } from "./gallery.mjs";

export const CATEGORY = "Labs/MicrosoftGraphSecurity";
const CATALOG = new URL("../../src/dohyo/apps/catalog/", import.meta.url);
export const FAMILY = "azure-security-microsoft-defender-for-cloud-apps";
const read = (version, file) => JSON.parse(readFileSync(new URL(`${FAMILY}/${version}/resources/${file}`, CATALOG), "utf8").replaceAll("{{default_scope_value}}", CATEGORY).replaceAll("{{scope_key}}", "_sourceCategory"));
export const textOf = (version, file) => readFileSync(new URL(`${FAMILY}/${version}/${file}`, CATALOG), "utf8");

let last = 0x100;
const hex = () => (++last).toString(16).toUpperCase().padStart(16, "0");
export const items = new Map();

export function add(itemType, name, parentId, more = {}) {
  const id = more.id ?? hex();
  const at = new Date(Date.now() - 864e5 * (items.size % 9)).toISOString();
  items.set(id, { id, name, itemType, parentId, description: "", permissions: ["View", "Edit", "Manage"], createdAt: at, modifiedAt: at, createdBy: "1", modifiedBy: "1", ...more });
  return items.get(id);
}
const READ = ["View"];
add("Folder", "Library", "", { id: "LIB", permissions: READ });
add("Folder", "Personal", "LIB", { id: "PERSONAL" });
add("Folder", "Installed Apps", "LIB", { id: "INSTALLED", permissions: READ });
add("Folder", "Admin Recommended", "LIB", { id: "ADMIN" });
export const appFolder = add("Folder", "Azure Security - Microsoft Defender for Cloud Apps", "INSTALLED", { permissions: READ });

export const models = new Map();
export function addDashboard(model, parentId, more = {}) {
  const item = add("Dashboard", model.title, parentId, { description: model.description ?? "", ...more });
  models.set(item.id, { ...model, id: `d${item.id}`, contentId: item.id, folderId: parentId });
  return item;
}
for (const file of ["overview", "security"]) addDashboard(read("1.0.0", `${file}.json`), appFolder.id, { id: file.toUpperCase(), permissions: READ });
addDashboard(gallery(), "PERSONAL", { id: "GALLERY" });
for (const file of ["total-alerts-search.json", "high-severity-alerts-search.json"]) {
  const { name, description, search } = read("1.0.0", file);
  add("Search", name, appFolder.id, { description, query: search.queryText, permissions: READ });
}
add("Lookups", "Embargoed Countries", appFolder.id, { description: "Countries whose alerts are shown apart.", permissions: READ });
const hunting = add("Folder", "Hunting", "PERSONAL", { description: "Queries in work" });
add("Search", "Suspicious inbox forwarding, last 7 days", hunting.id, { query: `_sourceCategory=${CATEGORY} "inbox forwarding"\n| json "title" | count by title` });

export const modelOf = (id) => models.get(id) ?? [...models.values()].find((m) => m.id === id);
export const children = (id) => [...items.values()].filter((item) => item.parentId === id);
const shown = ({ query, ...item }) => item;
const folder = (id) => ({ ...shown(items.get(id)), children: children(id).map(shown) });
const jobs = new Map();
function job(statusMessage = "ok", result = null) {
  const id = hex();
  jobs.set(id, { statusMessage, result });
  return { id };
}
function path(id) {
  const line = [];
  for (let item = items.get(id); item; item = items.get(item.parentId)) line.unshift({ id: item.id, name: item.name });
  return { path: `/${line.map((i) => i.name).join("/")}`, pathItems: line };
}
export const pathOf = (id) => path(id).path;
function copy(id, parentId) {
  const item = items.get(id);
  const twice = children(parentId).some((c) => c.name === item.name);
  const made = add(item.itemType, twice ? `${item.name} (copy)` : item.name, parentId, { description: item.description, query: item.query });
  if (models.has(id)) models.set(made.id, { ...structuredClone(models.get(id)), id: `d${made.id}`, contentId: made.id, folderId: parentId, title: made.name });
  for (const child of children(id)) copy(child.id, made.id);
  return made;
}
const refuse = (status, message) => ({ status, body: { id: "X", errors: [{ code: "content1:refused", message }] } });
export const rows = () => [...models.entries()].map(([id, m]) => {
  const item = items.get(id);
  return { id: m.id, contentId: id, title: m.title, description: m.description ?? "", path: pathOf(item.parentId), readOnly: !item.permissions.includes("Edit"), app: item.parentId === appFolder.id ? { uuid: "u", name: appFolder.name, version: "1.0.0" } : null };
});

export function library(method, path, query, body) {
  const at = path.replace("/v2/content", "");
  if (at === "/folders/personal") return folder("PERSONAL");
  const common = /^\/folders\/(installedApps|adminRecommended)(?:\/(\w+)\/(status|result))?$/.exec(at);
  if (common) return common[3] === "status" ? { status: "Success" } : common[3] ? folder(common[1] === "installedApps" ? "INSTALLED" : "ADMIN") : job();
  if (at === "/folders" && method === "POST") return children(body.parentId).some((c) => c.name === body.name) ? refuse(400, `the folder has an item named "${body.name}" already`) : folder(add("Folder", body.name, body.parentId, { description: body.description }).id);
  const status = /^\/\w+\/(copy|delete|export)\/(\w+)\/(status|result)$/.exec(at);
  if (status) return status[3] === "result" ? jobs.get(status[2]).result : { status: "Success", statusMessage: jobs.get(status[2]).statusMessage };
  const [, id, what] = /^\/(?:folders\/)?(\w+)(?:\/(\w+))?/.exec(at) ?? [];
  if (!items.has(id)) return refuse(404, "Content with the given ID does not exist.");
  if (what === "path") return pathAnswer(id);
  if (what === "copy") return job(`id:${copy(id, query.get("destinationFolder")).id}`);
  if (what === "move") return Object.assign(items.get(id), { parentId: query.get("destinationFolderId") });
  if (what === "delete") return items.delete(id), models.delete(id), job();
  if (what === "export") return job("ok", { type: "DashboardV2SyncDefinition", name: items.get(id).name, ...models.get(id) });
  return folder(id);
}
const pathAnswer = path;

export function searches(method, path, body) {
  if (method === "POST") return { ...body, id: add("Search", body.name, body.parentId, { description: body.description, query: body.queryString }).id };
  if (path.endsWith("/logSearches")) return { logSearches: [...items.values()].filter((i) => i.itemType === "Search"), token: null };
  const item = items.get(path.split("/").at(-1));
  if (method === "PUT") Object.assign(item, { name: body.name, query: body.queryString });
  return { id: item.id, name: item.name, description: item.description, queryString: item.query, timeRange: { type: "BeginBoundedTimeRange", from: { type: "RelativeTimeRangeBoundary", relativeTime: "-24h" }, to: null } };
}
export function dashboards(method, path, body) {
  if (method === "POST") return models.get(addDashboard(body, body.folderId || "PERSONAL").id);
  const model = modelOf(path.split("/")[3]);
  if (!model) return refuse(404, "Content with the given ID does not exist.");
  if (method === "PUT") {
    models.set(model.contentId, { ...body, id: model.id, contentId: model.contentId, folderId: model.folderId });
    items.get(model.contentId).name = body.title;
  }
  return models.get(model.contentId);
}
const versions = new Map();
export function editable(method, id, body) {
  const model = modelOf(id);
  if (!model) return refuse(404, "Content with the given ID does not exist.");
  const version = versions.get(model.contentId) ?? 1;
  if (method === "GET") return { dashboard: model, version, readOnly: !items.get(model.contentId).permissions.includes("Edit") };
  if (body.version !== version) return { status: 409, body: { problem: { code: "content1:version_conflict", message: "the item was changed in the meantime", hints: [] } } };
  dashboards("PUT", `/v2/dashboards/${id}`, body.dashboard);
  versions.set(model.contentId, version + 1);
  return { version: version + 1 };
}
export function rename(id, body) {
  Object.assign(items.get(id), { name: body.name, ...(body.description === undefined ? {} : { description: body.description }) });
  return shown(items.get(id));
}
