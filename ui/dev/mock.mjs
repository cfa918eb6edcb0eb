/**
 * Made-up answers for work on the pages without a server. Only the development server uses them;
 * they are never built in. The dashboards are the real ones of the app package.
 */
import { readFileSync } from "node:fs";

const RESOURCES = new URL("../../src/dohyo/apps/catalog/azure-security-microsoft-defender-for-cloud-apps/1.0.0/resources/", import.meta.url);
const CATEGORY = "Labs/MicrosoftGraphSecurity";
const APP = { uuid: "7d1c6c8e-5a42-4f0e-9d53-3c0d1a4b7e10", name: "Azure Security - Microsoft Defender for Cloud Apps", version: "1.0.0" };
const dashboard = (id, file) => ({ ...JSON.parse(readFileSync(new URL(file, RESOURCES), "utf8").replaceAll("{{default_scope_value}}", CATEGORY).replaceAll("{{scope_key}}", "_sourceCategory")), id });
const dashboards = { overview: dashboard("overview", "overview.json"), security: dashboard("security", "security.json") };
const rows = Object.values(dashboards).map(({ id, title, description }) => ({ id, title, description, path: "Installed Apps", readOnly: true, app: APP }));

const HOUR = 36e5;
const text = (name, key = true) => ({ name, type: "string", key });
const long = (name) => ({ name, type: "long", key: false });
const counts = (name, pairs) => ({ fields: [text(name), long("count")], rows: pairs });
const SEVERITIES = ["high", "medium", "low", "informational"];

function overTime({ from_ms, to_ms }, length_ms) {
  const out = [];
  for (let at = Math.floor(from_ms / length_ms) * length_ms, i = 0; at < to_ms; at += length_ms, i++) {
    out.push([at, (i * 7) % 5, 2 + ((i * 5) % 11), (i * 3) % 7, (i * 11) % 3]);
  }
  return { fields: [{ name: "_timeslice", type: "time", key: true }, ...SEVERITIES.map(long)], rows: out };
}

const PLACES = [
  ["DE", "Germany", 51.2, 10.4, 38], ["NL", "Netherlands", 52.1, 5.3, 31], ["RO", "Romania", 45.9, 25, 24], ["US", "United States", 39.8, -98.6, 28],
  ["CN", "China", 35.9, 104.2, 23], ["IN", "India", 20.6, 79, 9], ["JP", "Japan", 36.2, 138.3, 14], ["BR", "Brazil", -14.2, -51.9, 6],
  ["ZA", "South Africa", -30.6, 22.9, 2], ["NG", "Nigeria", 9.1, 8.7, 6], ["AU", "Australia", -25.3, 133.8, 6], ["RU", "Russia", 61.5, 105.3, 19],
  ["SG", "Singapore", 1.35, 103.8, 13], ["MX", "Mexico", 23.6, -102.6, 1], ["IR", "Iran", 32.4, 53.7, 17], ["CU", "Cuba", 21.5, -77.8, 4], ["SY", "Syria", 34.8, 39, 9],
];
const map = (codes) => ({
  fields: [text("ip"), long("_count"), { name: "latitude", type: "double", key: false }, { name: "longitude", type: "double", key: false }, text("country_code", false), text("country_name", false), text("region", false), text("city", false)],
  rows: PLACES.filter(([code]) => !codes || codes.includes(code)).map(([code, name, lat, lon, n], i) => [`203.0.113.${i + 4}`, n, lat, lon, code, name, null, null]),
});
const USERS = ["lena.hoffmann", "marco.ricci", "j.okafor", "priya.raman", "d.nakamura", "sofia.lindqvist", "claire.dubois", "a.haddad", "n.petrova", "grace.mwangi"];
const users = (from) => counts("user", USERS.map((u, i) => [`${u}@contoso.com`, from - i * 3]));
const TITLES = ["Activity from Tor exit node", "Mass download by a single user", "Impossible travel", "Suspicious OAuth app file download", "Anomalous Token", "Suspicious inbox forwarding"];

function recent({ to_ms }) {
  const names = ["time", "alert_id", "title", "description", "status", "severity", "category", "classification", "determination"];
  const list = Array.from({ length: 100 }, (_, i) => {
    const at = new Date(to_ms - i * 37e4).toISOString();
    const id = `ad${(i * 2654435761 % 2 ** 32).toString(16).padStart(8, "0")}fb13b1aea89c202c75a${i}`;
    return [`${at.slice(8, 10)}-${at.slice(5, 7)}-${at.slice(0, 4)} ${at.slice(11, 19)}`, { text: id, href: `https://security.microsoft.com/alerts/${id}` }, TITLES[i % 6],
      "Activity from an address known to be a Tor exit node was seen for this account.", ["new", "new", "inProgress", "resolved"][i % 4], SEVERITIES[i % 4], "InitialAccess", i % 3 ? "-" : "truePositive", "-"];
  });
  return { aggregate: false, fields: names.map((n) => text(n, false)), rows: list };
}

const PANELS = {
  "total-alerts": () => ({ fields: [long("_count")], rows: [[223]] }),
  "high-severity-alerts": () => ({ fields: [long("_count")], rows: [[49]] }),
  "geo-location-of-alerts": () => map(),
  "alerts-by-status": () => counts("status", [["new", 81], ["resolved", 80], ["inProgress", 62]]),
  "alerts-by-severity": () => counts("severity", [["medium", 118], ["high", 49], ["low", 42], ["informational", 14]]),
  "alerts-by-classification": () => counts("classification", [["truePositive", 43], ["falsePositive", 38], ["informationalExpectedActivity", 13], ["benignPositive", 6]]),
  "alerts-by-determination": () => counts("determination", [["clean", 19], ["compromisedUser", 19], ["insufficientData", 19], ["maliciousUserActivity", 15], ["confirmedUserActivity", 11], ["phishing", 7], ["malware", 5], ["other", 2], ["apt", 2], ["lineOfBusinessApplication", 1]]),
  "alerts-by-service-source": () => counts("service_source", [["microsoftDefenderForCloudApps", 223]]),
  "alerts-by-detection-source": () => counts("detection_source", [["cloudAppSecurity", 134], ["azureAdIdentityProtection", 49], ["microsoftThreatExperts", 12], ["microsoft365Defender", 8], ["appGovernanceDetection", 7], ["appGovernancePolicy", 7], ["customDetection", 6]]),
  "top-10-alert-categories": () => counts("category", [["InitialAccess", 64], ["CredentialAccess", 48], ["Collection", 23], ["Exfiltration", 21], ["CommandAndControl", 19], ["DefenseEvasion", 11], ["Discovery", 11], ["Impact", 9], ["Persistence", 7], ["PrivilegeEscalation", 5]]),
  "top-10-users-by-alerts": () => users(32),
  "analyst-assignments": () => counts("analyst", [["Unassigned", 65], ["jonas.weber@contoso.com", 46], ["priya.nair@contoso.com", 43], ["amelia.stone@contoso.com", 33], ["diego.santos@contoso.com", 21], ["hana.kimura@contoso.com", 15]]),
  "alerts-over-time": (range) => overTime(range, HOUR),
  "recent-alerts": recent,
  "alerts-by-severity-over-time": (range) => overTime(range, 24 * HOUR),
  "high-severity-comparison": () => ({ fields: [text("title"), long("count"), long("count_1d")], rows: TITLES.map((t, i) => [t, 13 - i * 2, i]) }),
  "top-10-countries-malicious": () => counts("country_code", [["NL", 50], ["RU", 43], ["RO", 42], ["HK", 24], ["NG", 16], ["US", 16], ["BR", 15], ["IN", 15], ["SG", 12], ["VN", 12]]),
  "embargoed-locations": () => map(["IR", "CU", "SY"]),
  "top-10-users-compromised": () => users(38),
  "top-10-attacked-devices": () => ({
    fields: [text("device"), text("risk_score"), text("health_status"), long("count")],
    rows: ["fin-lt-0142", "hr-lt-0077", "exec-lt-0009", "sales-lt-0210", "dev-ws-031", "ops-srv-12", "legal-lt-0021", "mkt-lt-0058", "dev-ws-044", "kiosk-03"].map((d, i) => [`${d}.corp.contoso.com`, ["high", "high", "medium", "low", "none"][i % 5], ["active", "active", "inactive", "impairedCommunication", "noSensorData"][i % 5], 60 - i * 4]),
  }),
};

function rangeOf({ from }) {
  const n = /^-(\d+)([mhd])$/.exec(from);
  const to_ms = Date.now();
  return { from_ms: n ? to_ms - Number(n[1]) * { m: 6e4, h: HOUR, d: 24 * HOUR }[n[2]] : Number(from), to_ms };
}

function run(model, body, answer) {
  const range = rangeOf(body.range);
  answer.setHeader("Content-Type", "application/x-ndjson");
  answer.write(`${JSON.stringify({ run: range })}\n`);
  const panels = model.panels.filter((p) => !body.panels || body.panels.includes(p.key));
  panels.forEach((panel, i) =>
    setTimeout(() => {
      const query = panel.queries[0].queryString.replace(/\{\{(\w+)\}\}/g, (_, name) => body.variables[name] ?? "*");
      const line = { panel: panel.key, query: "A", text: query, ok: true, aggregate: true, warnings: [], elapsed_ms: 20, cached: false, cut: false, range, ...PANELS[panel.key](range) };
      if (body.variables.severity === "none") line.rows = [];
      answer.write(`${JSON.stringify({ ...line, total: line.rows.length })}\n`);
      if (i === panels.length - 1) answer.end(`${JSON.stringify({ done: true })}\n`);
    }, 30 * i),
  );
}

const user = { id: "1", email: "amelia.stone@contoso.com", name: "Amelia Stone", role: "administrator", capabilities: [] };
const home = () => ({
  alerts: { messages: 5231, newest_ms: Date.now() - 9e4, oldest_ms: Date.now() - 30 * 24 * HOUR },
  sources: [{ id: 1, collectorId: 1, collector: "Azure security", name: "Graph Security", category: CATEGORY, state: "Collecting", health: "healthy", message: null, nextTry_ms: Date.now() + 2e5, lastData_ms: Date.now() - 9e4, lastPoll: { fetched: 42, new: 12, updated: 5, repeated: 25, refused: 0, lag_s: 40, at_ms: Date.now() - 6e4 } }],
  dashboards: rows, apps: [APP],
});

function checked(query) {
  const at = query.indexOf("severty");
  const before = query.slice(0, at).split("\n");
  const problem = { code: "field-unknown", severity: "error", message: "No field named severty at this point.", line: before.length, column: before.at(-1).length + 1, span: { start: at, end: at + 7 }, hints: ["severity is available here"], fixes: [{ start: at, end: at + 7, text: "severity", label: "Use severity" }] };
  return { problems: at < 0 ? [] : [problem], aggregate: /count/.test(query), fields: [] };
}

let query = "";
function table() {
  const now = Date.now();
  const histogram = Array.from({ length: 48 }, (_, i) => ({ start_ms: Math.floor(now / HOUR - 48 + i) * HOUR, length_ms: HOUR, count: (i * 13) % 29 }));
  const done = { state: "DONE GATHERING RESULTS", warnings: [], problem: null, histogram };
  if (/count/.test(query)) return { ...done, aggregate: true, ...PANELS["alerts-by-detection-source"](), total: 7 };
  const messages = Array.from({ length: 100 }, (_, i) => {
    const raw = { id: `ad0b5c28${i}`, status: "new", severity: SEVERITIES[i % 4], title: TITLES[i % 6], comments: [], evidence: [{ "@odata.type": "#microsoft.graph.security.ipEvidence", ipAddress: "203.0.113.24", countryLetterCode: "NL" }], assignedTo: null };
    return [now - i * 6e5, raw.severity, raw.title, JSON.stringify(raw), CATEGORY];
  });
  return { ...done, aggregate: false, fields: [{ name: "_messagetime", type: "time", key: false }, text("severity", false), text("title", false), text("_raw", false), text("_sourcecategory", false)], rows: messages, total: 542 };
}

/** The answer to one call: an object to send as JSON, or nothing once it was written. */
function reply(method, path, body, answer) {
  if (path.endsWith("/session")) return method === "DELETE" ? {} : { user, version: "0.1.0", timezone: "UTC" };
  if (path.endsWith("/home")) return home();
  if (path.endsWith("/v1/dashboards")) return { dashboards: rows };
  if (path.endsWith("/query/check")) return checked(body.query);
  if (path.endsWith("/table")) return table();
  if (path.endsWith("/search/jobs")) return ((query = body.query), { id: "C03E086C137F38B4" });
  if (/\/values$/.test(path)) return { values: path.includes("severity") ? SEVERITIES : path.includes("Logs") ? [CATEGORY] : ["new", "inProgress", "resolved"] };
  const model = dashboards[path.split("/dashboards/")[1]?.split("/")[0]];
  if (model && path.endsWith("/runs")) return void run(model, body, answer);
  return model ?? {};
}

export function answers(server) {
  server.middlewares.use("/api", (request, answer) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      const sent = reply(request.method, new URL(request.url, "http://x").pathname, body ? JSON.parse(body) : {}, answer);
      if (sent) answer.setHeader("Content-Type", "application/json").end(JSON.stringify(sent));
    });
  });
}
