/** The made-up catalog and its jobs. */
import { appFolder, CATEGORY, children, items, models, textOf } from "./library.mjs";
import { answerOf } from "./answers.mjs";

const UUID = "6f4d1e0a-3c5b-4f6e-9a27-5b1d8c0e7f31";
const GRAPH = "Microsoft Graph Security API";
const siblings = [
  ["Microsoft Defender for Endpoint", "Malware, suspicious processes and device risk, from Microsoft Graph Security alerts."],
  ["Microsoft Defender for Identity", "Reconnaissance and lateral movement against domain controllers."],
  ["Microsoft Defender for Office 365", "Phishing, malicious links and mail that reached the inbox."],
  ["Microsoft Entra ID Protection", "Risky users and risky sign-ins, with where they came from."],
  ["Microsoft Purview DLP", "Policy matches on files and mail, by policy, user and location."],
];
const card = (uuid, name, description) => ({
  uuid, name, description, author: "Dohyo", categories: ["Microsoft Azure", "Security"], needs: [GRAPH], latestVersion: "1.1.0", icon: null,
  includes: { dashboard: 2, search: 2, lookup: 1, hotFields: 1 }, installed: null, upgrade: null, jobId: null,
});
const catalog = [card(UUID, "Azure Security - Microsoft Defender for Cloud Apps", "Alerts of Microsoft Defender for Cloud Apps by severity, status, user, device and place, collected through Microsoft Graph Security."), ...siblings.map(([name, text], i) => card(`${i}b6d1e0a-3c5b-4f6e-9a27-5b1d8c0e7f3${i}`, `Azure Security - ${name}`, text))];
const main = catalog[0];
main.icon = "/api/dohyo/v1/apps/icon.svg";
main.installed = { instanceId: "I1", version: "1.0.0", folderId: appFolder.id, path: `/Library/Installed Apps/${appFolder.name}` };
main.upgrade = { version: "1.1.0", summary: "Adds five panels and asks for the field a panel is about." };
const VERSIONS = [
  { version: "1.1.0", date: "2026-11-20", changes: "- Scope keywords before the first pipe: panels open faster.\n- *Top Analysts by Comments*, *Top Action Plan*, *Geo Location of Malicious IPs*." },
  { version: "1.0.0", date: "2026-10-02", changes: "- Dashboards *Overview* (14 panels) and *Security* (6 panels).\n- Saved searches *Total Alerts* and *High Severity Alerts*." },
];
const PARAMETERS = [{ label: "Logs data source", keyVar: "scope_key", valueVar: "default_scope_value", field: "_sourceCategory", value: CATEGORY }];
const jobs = new Map();

function resources(app) {
  const installed = app === main && app.installed;
  const of = children(appFolder.id);
  const kinds = { Dashboard: "dashboard", Search: "search", Lookups: "lookup" };
  return [
    ...of.map((item) => ({ kind: kinds[item.itemType], key: item.id, name: item.name, description: item.description, detail: item.itemType === "Dashboard" ? `${models.get(item.id).panels.length} panels, last 24 hours` : item.itemType === "Lookups" ? "4 rows; edit it to match your policy" : item.description, id: installed ? item.id : null, query: item.query ?? null })),
    { kind: "hotFields", key: "hot", name: "Hot fields", description: "", detail: "15 keys kept ready, so that panels open fast", id: null },
  ];
}
function details(app) {
  return {
    ...app, version: app.installed?.version ?? app.latestVersion, overview: "Two dashboards over the alerts: an overview of how many, how bad and where, and a security view of how severity develops.", readme: textOf("1.0.0", "README.md"),
    collectionKinds: ["Hosted"], resources: resources(app), parameters: PARAMETERS, versions: VERSIONS, sampleLog: textOf("1.0.0", "tests/events.ndjson").split("\n")[0],
    sampleQueries: children(appFolder.id).filter((i) => i.itemType === "Search").map((i) => ({ name: i.name, description: i.description, query: i.query })),
    installation: app.installed && { version: app.installed.version, path: app.installed.path, folderId: app.installed.folderId, parameters: { scope_key: "_sourceCategory", default_scope_value: CATEGORY }, at_ms: Date.now() - 864e6, by: "Amelia Stone" },
  };
}
function plan(app, { action, version }) {
  const to = action === "uninstall" ? null : (version ?? app.latestVersion);
  const change = (kind) => (kind === "dashboard" ? (action === "install" ? "added" : action === "uninstall" ? "removed" : "changed") : action === "install" ? "added" : action === "uninstall" ? "removed" : "kept");
  const changes = resources(app).map((r) => ({ change: change(r.kind), kind: r.kind, name: r.name, detail: change(r.kind) === "changed" ? "16 panels instead of 14" : r.detail }));
  return { action, from: app.installed?.version ?? null, to, parameters: action === "install" ? PARAMETERS : [], changes, keeps: ["Collectors and sources", "Collected messages", "Copies made by users"] };
}
const STEPS = ["Collector Azure security", "Source Graph Security", "Lookup table Embargoed Countries", "Dashboards", "Hot fields", "Saved searches"];
function start(app, action, order) {
  const id = `J${jobs.size + 1}`;
  jobs.set(id, { id, action, app, version: order.version ?? app.latestVersion, at: Date.now(), fails: order.parameters?.default_scope_value === "fail" });
  app.jobId = id;
  return { jobId: id };
}
function jobState({ id, action, app, version, at, fails }) {
  const done = Math.min(STEPS.length, Math.floor((Date.now() - at) / 900));
  const failed = fails && done >= 3;
  const status = failed ? "Failed" : done === STEPS.length ? "Success" : "InProgress";
  if (status !== "InProgress" && app.jobId === id) {
    app.jobId = null;
    if (!failed) {
      app.installed = action === "uninstall" ? null : { instanceId: "I1", version, folderId: appFolder.id, path: `/Library/Installed Apps/${app.name}` };
      app.upgrade = app.installed && version !== app.latestVersion ? { version: app.latestVersion, summary: "Adds five panels." } : null;
    }
  }
  return {
    id, action, uuid: app.uuid, name: app.name, version: action === "uninstall" ? null : version, status, message: failed ? "the scope matches nothing" : null, hints: [], folderId: appFolder.id, path: "x",
    steps: STEPS.map((name, i) => ({ name, detail: i < done ? "done" : i === done ? "working" : "", state: failed && i === done ? "failed" : i < done ? "done" : i === done ? "running" : "waiting", elapsed_ms: i < done ? 100 + 300 * i : null })),
    dashboards: status === "Success" && action !== "uninstall" ? children(appFolder.id).filter((i) => i.itemType === "Dashboard").map((i) => ({ id: models.get(i.id).id, title: i.name })) : [],
  };
}
function preview(key) {
  const dashboard = models.get(key);
  const range = { from_ms: Date.now() - 864e5, to_ms: Date.now() };
  const lines = dashboard.panels.flatMap((panel) => (panel.queries ?? []).map((q) => ({ panel: panel.key, query: "A", text: q.queryString, ok: true, aggregate: true, warnings: [], elapsed_ms: 1, cached: false, cut: false, range, total: 1, ...answerOf(panel, q, range) })));
  return { dashboard, lines };
}

export function appsApi(method, path, body, answer) {
  const at = path.replace("/dohyo/v1/apps", "");
  if (at === "/icon.svg") return void answer.setHeader("Content-Type", "image/svg+xml").end(textOf("1.0.0", "assets/images/icon.svg"));
  if (!at) return { apps: catalog };
  const [, first, what, key] = at.split("/");
  if (first === "jobs") return jobState(jobs.get(what));
  const app = catalog.find((a) => a.uuid === first);
  if (!app) return { status: 404, body: { problem: { code: "app-unknown", message: "there is no app with this id", hints: [] } } };
  if (what === "plan") return plan(app, body);
  if (what === "previews") return preview(key);
  if (what) return start(app, what, body);
  return details(app);
}
export { items };
