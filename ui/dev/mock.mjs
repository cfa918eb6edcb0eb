/**
 * Made-up answers for work on the pages without a server. Only the development server uses them;
 * they are never built in. The dashboards are the real ones of the app package.
 */
import { appsApi } from "./apps.mjs";
import { answerOf, HOUR, long, PANELS, SEVERITIES, text, TITLES } from "./answers.mjs";
import { all, collectionApi, collectorsApi } from "./collection.mjs";
import { CATEGORY, dashboards, editable, items, library, modelOf, rename, rows, searches } from "./library.mjs";

function rangeOf({ from, to }) {
  const n = /^-(\d+)([mhd])$/.exec(from);
  const to_ms = Number(to) || Date.now();
  return { from_ms: n ? to_ms - Number(n[1]) * { m: 6e4, h: HOUR, d: 24 * HOUR }[n[2]] : Number(from) || to_ms - 864e5, to_ms };
}
const problem = (query) => ({ code: "field-unknown", severity: "error", message: "no field named severty at this point", line: 2, column: 12, span: { start: 0, end: 3 }, hints: ["severity is available here"], fixes: [], text: query });

function run(model, body, answer) {
  const range = rangeOf(body.range);
  answer.setHeader("Content-Type", "application/x-ndjson");
  answer.write(`${JSON.stringify({ run: range })}\n`);
  const asked = model.panels.filter((p) => !body.panels || body.panels.includes(p.key)).flatMap((panel) => (panel.queries ?? []).filter((q) => q.queryType === "Logs").map((query) => ({ panel, query })));
  const end = () => answer.end(`${JSON.stringify({ done: true })}\n`);
  if (!asked.length) return end();
  asked.forEach(({ panel, query }, i) =>
    setTimeout(() => {
      const filled = query.queryString.replace(/\{\{(\w+)\}\}/g, (_, name) => body.variables?.[name] ?? "*");
      const line = { panel: panel.key, query: query.queryKey, text: filled, ok: true, aggregate: true, warnings: [], elapsed_ms: 20, cached: false, cut: false, range, ...answerOf(panel, query, range) };
      if (body.variables?.severity === "none") line.rows = [];
      const wrong = /sample: error|severty/.test(filled);
      answer.write(`${JSON.stringify(wrong ? { panel: panel.key, query: query.queryKey, text: filled, ok: false, problem: problem(filled) } : { ...line, total: line.rows.length })}\n`);
      if (i === asked.length - 1) end();
    }, 20 * i),
  );
}

const user = { id: "1", email: "amelia.stone@contoso.com", name: "Amelia Stone", role: "administrator", capabilities: ["manageApps", "manageCollectors", "manageContent", "manageLibrary"] };
const home = () => ({
  alerts: { messages: 5231, newest_ms: Date.now() - 9e4, oldest_ms: Date.now() - 30 * 24 * HOUR },
  sources: all(), dashboards: rows(), apps: [],
});

const FIELDS = ["alert_id", "status", "severity", "category", "title", "description", "classification", "determination", "_raw"].map((n) => text(n));
function checked(query) {
  const at = query.indexOf("severty");
  const before = query.slice(0, at).split("\n");
  const found = { code: "field-unknown", severity: "error", message: "No field named severty at this point.", line: before.length, column: before.at(-1).length + 1, span: { start: at, end: at + 7 }, hints: ["severity is available here"], fixes: [{ start: at, end: at + 7, text: "severity", label: "Use severity" }] };
  return { problems: at < 0 ? [] : [found], aggregate: /\| *count/.test(query), fields: FIELDS };
}

const jobs = new Map();
function table(id) {
  const query = jobs.get(id) ?? "";
  const now = Date.now();
  const histogram = Array.from({ length: 48 }, (_, i) => ({ start_ms: Math.floor(now / HOUR - 48 + i) * HOUR, length_ms: HOUR, count: (i * 13) % 29 }));
  const done = { state: "DONE GATHERING RESULTS", warnings: [], problem: null, histogram };
  const by = /\| count (?:as count )?by (\w+)/.exec(query)?.[1];
  if (by === "title") return { ...done, aggregate: true, fields: [text("title"), long("count")], rows: TITLES.map((t, i) => [t, 9 - i]), total: 6 };
  if (by === "_sourcecategory" || by === "_sourceCategory") return { ...done, aggregate: true, fields: [text("_sourcecategory"), long("_count")], rows: [[CATEGORY, 1159], ["azure/graph-security/test", 38], ["azure/entra/audit", 20412]], total: 3 };
  if (by === "service") return { ...done, aggregate: true, fields: [text("service"), long("_count")], rows: [["microsoftDefenderForCloudApps", 1159]], total: 1 };
  if (by) return { ...done, aggregate: true, ...PANELS["alerts-by-detection-source"](), total: 7 };
  if (/\| *count/.test(query)) return { ...done, aggregate: true, fields: [long("_count")], rows: [[1159]], total: 1 };
  const one = /"(ad[0-9a-f]{8,})/.exec(query)?.[1];
  const messages = Array.from({ length: one ? 3 : 100 }, (_, i) => {
    const raw = { id: one ?? `ad0b5c28${i}`, status: ["resolved", "inProgress", "new"][i % 3], severity: SEVERITIES[i % 4], title: TITLES[i % 6], serviceSource: "microsoftDefenderForCloudApps", lastUpdateDateTime: new Date(now - i * 36e5).toISOString(), alertWebUrl: "https://security.microsoft.com/alerts/1", incidentWebUrl: "https://security.microsoft.com/incidents/7", comments: [], evidence: [{ "@odata.type": "#microsoft.graph.security.ipEvidence", ipAddress: "203.0.113.24", countryLetterCode: "NL" }], assignedTo: null };
    return [now - i * 6e5, raw.severity, raw.title, JSON.stringify(raw), CATEGORY];
  });
  return { ...done, aggregate: false, fields: [{ name: "_messagetime", type: "time", key: false }, text("severity", false), text("title", false), text("_raw", false), text("_sourcecategory", false)], rows: messages, total: one ? 3 : 542 };
}
const VALUES = { severity: SEVERITIES, Logsdatasource: [CATEGORY] };

/** The answer to one call: an object to send as JSON, `{status, body}` for a refusal, or nothing once it was written. */
function reply(method, path, query, body, answer) {
  if (path.endsWith("/session")) return method === "DELETE" ? {} : { user, version: "0.1.0", timezone: "UTC" };
  if (path.startsWith("/dohyo/v1/apps")) return appsApi(method, path, body, answer);
  if (path.startsWith("/v2/content")) return library(method, path, query, body);
  if (path.startsWith("/v1/logSearches")) return searches(method, path, body);
  if (path.startsWith("/v1/collectors")) return collectorsApi(method, path, body, answer);
  if (/^\/dohyo\/v1\/(collection|source-types|sources)/.test(path)) return collectionApi(method, path, body);
  if (path.startsWith("/dohyo/v1/content/")) return rename(path.split("/").at(-1), body);
  if (path === "/dohyo/v1/fields") return { fields: [{ name: "environment", enabled: true }, { name: "team", enabled: false }] };
  if (path.startsWith("/v1/lookupTables")) return { id: "1", name: items.get(path.split("/").at(-1))?.name, description: "", fields: [{ fieldName: "country_code", fieldType: "string" }], primaryKeys: ["country_code"], ttl: 0, size: 96 };
  if (path.endsWith("/home")) return home();
  if (path.endsWith("/v1/dashboards")) return { dashboards: rows() };
  if (path.startsWith("/v2/dashboards")) return dashboards(method, path, body);
  const own = /^\/dohyo\/v1\/dashboards\/(\w+)$/.exec(path);
  if (own) return editable(method, own[1], body);
  if (path.endsWith("/query/check")) return checked(body.query);
  if (path.endsWith("/table")) return table(path.split("/").at(-2));
  if (path.endsWith("/search/jobs")) {
    const id = `C03E086C137F${String(jobs.size).padStart(4, "0")}`;
    jobs.set(id, body.query);
    return { id };
  }
  if (path === "/dohyo/v1/runs") return void run(body.dashboard, body, answer);
  if (path === "/dohyo/v1/variable-values") return { values: VALUES[body.name] ?? ["new", "inProgress", "resolved"] };
  if (/\/values$/.test(path)) return { values: VALUES[path.split("/").at(-2)] ?? ["new", "inProgress", "resolved"] };
  const model = modelOf(path.split("/dashboards/")[1]?.split("/")[0]);
  if (model && path.endsWith("/runs")) return void run(model, body, answer);
  return {};
}

export function answers(server) {
  server.middlewares.use("/api", (request, answer) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      const url = new URL(request.url, "http://x");
      const sent = reply(request.method, url.pathname, url.searchParams, body ? JSON.parse(body) : {}, answer);
      if (!sent) return;
      const refused = typeof sent.status === "number" && sent.body;
      answer.statusCode = refused ? sent.status : 200;
      answer.setHeader("Content-Type", "application/json").end(JSON.stringify(refused ? sent.body : sent));
    });
  });
}
