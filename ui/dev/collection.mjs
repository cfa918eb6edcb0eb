/** Made-up collectors and sources. */
import { CATEGORY } from "./library.mjs";

const poll = (at_ms) => ({ started_ms: at_ms - 1900, at_ms, window_from_ms: at_ms - 6e5, window_to_ms: at_ms, pages: 2, fetched: 117, new: 4, updated: 3, repeated: 110, refused: 0, lag_s: 41, message: null, complete: true });
const now = () => Date.now();
let last = 10;
const source = (id, name, category, more = {}) => ({
  id, collectorId: 1, collector: "Azure security", name, category, type: "Microsoft Graph Security API", state: "Collecting", health: "healthy", errorType: null, message: null, paused: false,
  since_ms: now() - 864e5, nextTry_ms: now() + 2e5, lastData_ms: now() - 9e4, lastPoll: poll(now() - 6e4), hour: Array.from({ length: 30 }, (_, i) => (i * 7) % 11), day: 223, ...more,
});
const collectors = [
  { id: 1, name: "Azure security", description: "Alerts from the Contoso tenant", category: null, timeZone: "UTC", fields: { environment: "production" }, sources: [
    source(1, "Graph Security", CATEGORY),
    source(2, "Graph Security – Fabrikam", "azure/graph-security/fabrikam", { health: "error", state: "Error", errorType: "ThirdPartyConfig", message: "Microsoft refused the client secret: it expired on 21 May 2026, 09:10 UTC. Stopped; nothing is lost.", nextTry_ms: null, lastData_ms: now() - 2e7, hour: Array(30).fill(0), day: 41 }),
  ] },
  { id: 2, name: "Sample data", description: null, category: "sample", timeZone: "UTC", fields: {}, sources: [source(3, "Sample alerts", "sample/graph-security", { collectorId: 2, collector: "Sample data", paused: true, state: "Pending", hour: Array(30).fill(0), day: 0 })] },
];
export const all = () => collectors.flatMap((c) => c.sources);
const text = (title, more = {}) => ({ type: "string", title, ...more });
export const TYPES = [
  { name: "Microsoft Graph Security API", version: "2.0.0", title: "Microsoft Graph Security", sourceType: "Universal", testable: true, secrets: ["secret_key"], schema: {
    required: ["name", "tenant_id", "application_id", "secret_key"],
    properties: {
      name: text("Name", { maxLength: 128 }), description: text("Description", { maxLength: 1024 }), category: text("Category", { maxLength: 1024 }), fields: { type: "object", maxProperties: 10 },
      tenant_id: text("Tenant Id", { maxLength: 255 }), application_id: text("Application Id", { maxLength: 255 }), secret_key: text("Secret Key", { maxLength: 4096 }),
      polling_interval: { type: "integer", default: 5, minimum: 1, maximum: 1440 }, backfill_days: { type: "integer", default: 30, minimum: 0, maximum: 3650 },
      azure_gov: { type: "boolean", default: false }, cloud: { type: "string", enum: ["global", "us_gov", "us_gov_dod", "china", "custom"], default: "global" }, graph_root: text("Graph Root"), authority: text("Authority"),
    },
  } },
];
const etag = (answer, body) => (answer.setHeader("ETag", '"0123456789abcdef0123456789abcdef"'), body);
const find = (id) => collectors.find((c) => c.id === Number(id));

export function collectorsApi(method, path, body, answer) {
  const [, , , cid, , sid] = path.split("/");
  const collector = find(cid);
  if (!cid) {
    if (method === "GET") return { collectors };
    const made = { id: ++last, name: body.collector.name, description: body.collector.description, category: null, timeZone: body.collector.timeZone ?? "UTC", fields: body.collector.fields ?? {}, sources: [] };
    if (collectors.some((c) => c.name === made.name)) return { status: 400, body: { status: 400, code: "collectors.validation.name.duplicate", message: `DuplicateResourceName: a collector named "${made.name}" exists already` } };
    collectors.push(made);
    return etag(answer, { collector: made });
  }
  if (!path.includes("/sources")) {
    if (method === "DELETE") collectors.splice(collectors.indexOf(collector), 1);
    if (method === "PUT") Object.assign(collector, body.collector);
    return etag(answer, { collector });
  }
  const one = collector.sources.find((s) => s.id === Number(sid));
  const shown = (s) => ({ id: s.id, name: s.name, category: s.category, schemaRef: { type: s.type }, sourceType: "Universal", config: { name: s.name, category: s.category, tenant_id: "3adb963c", application_id: "9f1c27d4", secret_key: "********", polling_interval: 5, ...s.config } });
  if (method === "POST" && !sid) {
    const { config } = body.source;
    if (!config.tenant_id) return { status: 400, body: { status: 400, code: "collectors.validation.fields.missing", message: "config.tenant_id: a value is needed" } };
    const made = source(++last, config.name, config.category ?? "", { collectorId: collector.id, collector: collector.name, config, state: "Pending", lastPoll: null, lastData_ms: null, day: 0, hour: Array(30).fill(0) });
    collector.sources.push(made);
    return etag(answer, { source: shown(made) });
  }
  if (method === "DELETE") collector.sources.splice(collector.sources.indexOf(one), 1);
  if (method === "PUT") Object.assign(one, { name: body.source.config.name, category: body.source.config.category, config: body.source.config, health: "healthy", state: "Pending", message: null });
  return etag(answer, { source: one ? shown(one) : null });
}

export function collectionApi(method, path, body) {
  const at = path.replace("/dohyo/v1", "");
  if (at === "/collection") return { collectors };
  if (at === "/source-types") return { sourceTypes: TYPES };
  if (at === "/source-types/test") return { checks: [
    { name: "Sign in", state: "ok", detail: "Token received from login.microsoftonline.com in 310 ms" },
    { name: "Permission", state: "ok", detail: "SecurityAlert.Read.All is granted" },
    { name: "Read alerts", state: body.config.tenant_id === "wrong" ? "error" : "ok", detail: "3 newest: Activity from Tor exit node, Mass download, Impossible travel" },
  ] };
  const one = all().find((s) => s.id === Number(at.split("/")[2]));
  if (at.endsWith("/polls")) return { polls: Array.from({ length: 72 }, (_, i) => ({ ...poll(now() - i * 3e5), new: (i * 5) % 9, message: i === 20 ? "429: asked to wait 30 s" : null })) };
  if (at.endsWith("/pause")) one.paused = true;
  if (at.endsWith("/resume")) one.paused = false;
  return {};
}
