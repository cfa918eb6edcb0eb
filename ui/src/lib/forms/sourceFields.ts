/** The form of a source, made from its schema: labels and hints for settings that are known, the schema's own words else. */
import type { SchemaProperty, SourceType } from "../api/collection";

export interface SourceField {
  key: string;
  label: string;
  hint: string;
  /** `lines`: texts, one a line. `several`: texts of a list. `rows`: things with settings of their own. */
  kind: "text" | "secret" | "number" | "choice" | "check" | "pairs" | "lines" | "several" | "rows";
  /** Takes several lines. */
  long: boolean;
  required: boolean;
  mono: boolean;
  wide: boolean;
  unit: string;
  options: { value: string; name: string }[];
  schema: SchemaProperty;
  standard: unknown;
  /** Shown only where another setting has this value, or a row with it. */
  only?: { key: string; value: string };
  advanced: boolean;
  /** Of `rows`: what each has, and how one is called. */
  parts: SourceField[];
  each: string;
}
type Known = Partial<Pick<SourceField, "label" | "hint" | "mono" | "long" | "wide" | "unit" | "only" | "advanced" | "each">> & { names?: Record<string, string>; usual?: string; parts?: Record<string, Known> };

/** Names of clouds are those of the service. */
const CLOUDS = { global: "Global", us_gov: "US Government (GCC High)", us_gov_dod: "US Government (DoD)", china: "China (21Vianet)", custom: "Another address" };
const SIGN_INS = { secret: "Client secret", certificate: "Certificate", workload_identity: "Workload identity", managed_identity: "Managed identity" };
/** Products as the service names them; others may be written by the API. */
const PRODUCTS = {
  microsoftDefenderForEndpoint: "Defender for Endpoint",
  microsoftDefenderForIdentity: "Defender for Identity",
  microsoftDefenderForCloudApps: "Defender for Cloud Apps",
  microsoftDefenderForOffice365: "Defender for Office 365",
  microsoft365Defender: "Microsoft 365 Defender",
  azureAdIdentityProtection: "Entra ID Protection",
  microsoftAppGovernance: "App Governance",
  dataLossPrevention: "Data Loss Prevention",
  microsoftDefenderForCloud: "Defender for Cloud",
  microsoftSentinel: "Sentinel",
  microsoftInsiderRiskManagement: "Insider Risk Management",
};
const KNOWN: Record<string, Known> = {
  name: { label: "Source name", hint: "Must be unique in the collector. Shown in searches as _source." },
  category: { label: "Source category", hint: "Shown in searches as _sourceCategory, such as azure/graph-security." },
  description: { label: "Description", wide: true, advanced: true },
  tenant_id: { label: "Directory (tenant) ID", mono: true, usual: "The Overview page of the app registration in Entra ID shows it." },
  application_id: { label: "Application (client) ID", mono: true, usual: "The Overview page of the app registration in Entra ID shows it." },
  authentication: { label: "Sign in with", names: SIGN_INS, advanced: true },
  secret_key: { label: "Client secret value", hint: "The value, not the secret ID. Stored encrypted, never shown again.", only: { key: "authentication", value: "secret" } },
  client_certificate: { label: "Certificate and private key", hint: "Both as PEM. Stored encrypted, never shown again.", long: true, wide: true, mono: true, only: { key: "authentication", value: "certificate" }, advanced: true },
  client_certificate_password: { label: "Password of the private key", only: { key: "authentication", value: "certificate" }, advanced: true },
  token_file: { label: "File of the workload’s token", mono: true, only: { key: "authentication", value: "workload_identity" }, advanced: true },
  backfill_start: { label: "First fetch begins at", hint: "A date such as 2025-09-18, in place of the days back.", mono: true, advanced: true },
  overlap_minutes: { label: "Read again", unit: "minutes", hint: "Updates that the service lists late are found this far back.", advanced: true },
  page_size: { label: "Alerts a page", hint: "Lowered by itself where the service refuses it.", advanced: true },
  requests_per_minute: { label: "Requests a minute", hint: "The service takes 150 from an application.", advanced: true },
  incidents: { label: "Collect incidents too", hint: "Needs the permission SecurityIncident.Read.All.", advanced: true },
  polling_interval: { label: "Polling interval", unit: "minutes", usual: "5 is usual." },
  backfill_days: { label: "First fetch", unit: "days back", hint: "Older alerts are left out. 0 begins now.", usual: "30 is usual." },
  cloud: { label: "Cloud", hint: "Where the tenant is.", names: CLOUDS, advanced: true },
  graph_root: { label: "Graph address", mono: true, hint: "Begins with https://", only: { key: "cloud", value: "custom" }, advanced: true },
  authority: { label: "Sign-in address", mono: true, hint: "Begins with https://", only: { key: "cloud", value: "custom" }, advanced: true },
  service_sources: { label: "Products", names: PRODUCTS, wide: true, hint: "Only alerts of these are collected. None chosen: all.", advanced: true },
  filters: {
    label: "Processing rules", each: "rule", wide: true, advanced: true, hint: "Work before anything is stored. Exclude wins over Include.",
    parts: {
      filterType: { label: "What it does", names: { Exclude: "Exclude messages that match", Include: "Include only messages that match", Hash: "Hash what the group matches", Mask: "Mask what the group matches" } },
      name: { label: "Name of the rule" },
      regexp: { label: "Expression", mono: true, wide: true, hint: "RE2. Include and Exclude match the whole message, as .*word.*; Hash and Mask need one group." },
      mask: { label: "Put in its place", mono: true, only: { key: "filterType", value: "Mask" } },
    },
  },
  hashAlgorithm: { label: "Hash with", only: { key: "filters", value: "Hash" }, advanced: true },
  fields: { label: "Fields", wide: true, hint: "Added to every message.", advanced: true },
};
/** Needed wherever they are asked for. */
const NEEDED = new Set(["secret_key", "client_certificate", "token_file", "graph_root", "authority", "certificate", "privateKey"]);
const PEM: Known = { long: true, wide: true, mono: true, hint: "As PEM.", only: { key: "protocol", value: "TLS" } };
/** Of sources of logs: set apart from what everybody needs. */
const LOGS: Record<string, Known> = {
  messagePerRequest: { label: "One message per request", usual: "Else a request is parted into messages." },
  hostName: { label: "Source host", hint: "Shown in searches as _sourceHost.", advanced: true },
  timeZone: { label: "Time zone", hint: "Used when a message names none, such as Europe/Berlin.", advanced: true },
  forceTimeZone: { label: "Ignore the time zone of messages", advanced: true },
  automaticDateParsing: { label: "Find the time in messages", hint: "Else the time of arrival counts.", advanced: true },
  defaultDateFormats: {
    label: "Formats of time", each: "format", wide: true, advanced: true, hint: "Tried in this order before the time is looked for.",
    parts: {
      format: { label: "Format", mono: true, hint: "Such as yyyy-MM-dd HH:mm:ss, or epoch." },
      locator: { label: "Where it stands", mono: true, hint: "An expression with one group, or a path such as $.event.at." },
    },
  },
  cutoffRelativeTime: { label: "Leave out what is older than", hint: "Such as -1h, -1d or -1w.", advanced: true },
  multilineProcessingEnabled: { label: "Messages may have several lines", advanced: true },
  useAutolineMatching: { label: "Find where messages begin", advanced: true },
  manualPrefixRegexp: { label: "A message begins with", hint: "An expression for the whole first line.", mono: true, advanced: true },
  encoding: { label: "Encoding", advanced: true },
  timestampPastDays: { label: "Believe times back to", unit: "days", hint: "0 believes any.", advanced: true },
  timestampFutureDays: { label: "Believe times ahead to", unit: "days", hint: "0 believes any.", advanced: true },
  protocol: { label: "Protocol" },
  port: { label: "Port", usual: "514 is usual; 6514 for TLS." },
  bindAddress: { label: "Listens on", mono: true, hint: "127.0.0.1 is this machine only, 0.0.0.0 every network." },
  certificate: { label: "Certificate", ...PEM, usual: "The server shows it to senders." },
  privateKey: { label: "Private key", ...PEM, hint: "As PEM. Stored encrypted, never shown again." },
  clientAuthority: { label: "Authority of senders", ...PEM, hint: "As PEM. Only senders with a certificate of it are heard." },
  denylist: { label: "Except", mono: true, wide: true, hint: "Paths that are left out, one a line, such as /var/log/app/*.gz", advanced: true },
  pathExpression: { label: "Path", mono: true, wide: true, hint: "Such as /var/log/app/*.log, in a folder that the server’s settings allow." },
};
Object.assign(KNOWN, LOGS);
/** Older names, settings for tests, and what only the API sets: kept, never asked for. */
const NEVER = new Set(["azure_gov", "polling_interval_s", "set_metadata_fields", "defaultDateFormat", "cutoffTimestamp", "contentType", "thirdPartyRef"]);
const ORDER = ["name", "category", "tenant_id", "application_id", "secret_key", "polling_interval", "backfill_days", "pathExpression", "protocol", "port", "bindAddress", "certificate", "privateKey", "clientAuthority"];

/** `anyOf` with null means that the setting may be left out. */
function plain(schema: SchemaProperty): SchemaProperty {
  const one = schema.anyOf?.find((s) => s.type !== "null");
  return one ? { ...schema, ...one } : schema;
}
const words = (key: string) => key.replace(/([a-z])([A-Z])/g, "$1 $2").replaceAll("_", " ").toLowerCase().replace(/^./, (c) => c.toUpperCase());
const isPlain = (schema: SchemaProperty) => ["string", "integer", "number", "boolean", "object", "array"].includes(schema.type ?? "") || !!schema.enum;

function kindOf(key: string, schema: SchemaProperty, secrets: string[]): SourceField["kind"] {
  if (secrets.includes(key)) return "secret";
  if (schema.enum) return "choice";
  if (schema.type === "boolean") return "check";
  if (schema.type === "integer" || schema.type === "number") return "number";
  if (schema.type === "array") return schema.items?.properties ? "rows" : KNOWN[key]?.names ? "several" : "lines";
  return schema.type === "object" ? "pairs" : "text";
}

export function sourceFields(type: SourceType): SourceField[] {
  const fields = fieldsOf(type.schema, KNOWN, type.secrets).filter((f) => !NEVER.has(f.key));
  const rank = (key: string) => (ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.length);
  return fields.sort((a, b) => rank(a.key) - rank(b.key));
}

function fieldsOf(schema: { properties: Record<string, SchemaProperty>; required?: string[] }, all: Record<string, Known>, secrets: string[]): SourceField[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties).filter(([, one]) => isPlain(plain(one))).map(([key, given]): SourceField => {
    const schema = plain(given);
    const known = all[key] ?? {};
    const kind = kindOf(key, schema, secrets);
    // What has no name beside others that have one is not offered, such as Forward, which is refused.
    const options = schema.enum?.filter((value) => !known.names || value in known.names) ?? Object.keys(kind === "several" ? (known.names ?? {}) : {});
    return {
      key, kind, schema,
      label: known.label ?? words(key),
      hint: known.hint ?? (kind === "number" ? rangeWords(schema) : "") ?? "",
      required: required.has(key) || NEEDED.has(key), mono: !!known.mono, long: !!known.long, wide: !!known.wide || ["pairs", "rows", "several"].includes(kind), unit: known.unit ?? "",
      options: options.map((value) => ({ value, name: known.names?.[value] ?? value })),
      standard: schema.default ?? (kind === "check" ? false : kind === "pairs" ? {} : schema.type === "array" ? [] : ""),
      only: known.only, advanced: !!known.advanced && !required.has(key),
      parts: kind === "rows" ? fieldsOf({ properties: schema.items!.properties!, required: schema.items!.required }, known.parts ?? {}, []) : [],
      each: known.each ?? "row",
    };
  });
}

const n = (value: number) => value.toLocaleString("en-GB");
function rangeWords(schema: SchemaProperty): string {
  return schema.minimum !== undefined && schema.maximum !== undefined ? `${n(schema.minimum)} to ${n(schema.maximum)}.` : "";
}

/** Whether the field belongs to what is set elsewhere in the form. */
export function isAsked(field: SourceField, values: Record<string, unknown>): boolean {
  if (!field.only) return true;
  const other = values[field.only.key];
  return Array.isArray(other) ? other.some((row: Row) => Object.values(row).includes(field.only!.value)) : other === field.only.value;
}
type Row = Record<string, unknown>;

/** What the first row that is not right lacks. */
function wrongRow(field: SourceField, rows: Row[]): string {
  for (const [at, row] of rows.entries()) {
    const missing = field.parts.find((part) => part.required && isAsked(part, row) && !String(row[part.key] ?? "").trim());
    if (missing) return `${at + 1}. ${field.each}: ${missing.label} is needed. ${missing.hint || ""}`.trim();
  }
  return "";
}
/** Without what is empty or not asked for. An empty mask takes what it masks away. */
const rowBody = (field: SourceField, row: Row): Row =>
  Object.fromEntries(field.parts.filter((part) => isAsked(part, row) && (part.only || String(row[part.key] ?? "") !== "")).map((part) => [part.key, row[part.key] ?? ""]));

/** What is allowed and usual, where a value is not; empty for a good one. */
export function wrongOf(field: SourceField, value: unknown, stored: boolean): string {
  const usual = KNOWN[field.key]?.usual ?? "";
  const empty = value === "" || value === null || value === undefined;
  if (empty) return field.required && !(field.kind === "secret" && stored) ? `A value is needed. ${usual}`.trim() : "";
  if (field.kind === "rows") return wrongRow(field, value as Row[]);
  if (field.kind === "number") {
    const { minimum = -Infinity, maximum = Infinity } = field.schema;
    const number = Number(value);
    if (!Number.isInteger(number) || number < minimum || number > maximum) return `Between ${n(minimum)} and ${n(maximum)}${field.unit ? ` ${field.unit}` : ""}. ${usual}`.trim();
  }
  const text = String(value);
  if (field.schema.maxLength && text.length > field.schema.maxLength) return `At most ${n(field.schema.maxLength)} characters; these are ${n(text.length)}.`;
  if (/_id$/.test(field.key) && !/^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(text)) return `Letters, digits, dots and hyphens only. ${usual}`.trim();
  if (field.only?.key === "cloud" && !/^https:\/\/[^\s?#@]+$/.test(text)) return "An address that begins with https:// is needed.";
  return "";
}

/** The settings to send: what is empty or not asked for is left out. */
export function configOf(fields: SourceField[], values: Record<string, unknown>): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const field of fields) {
    const value = values[field.key];
    if (!isAsked(field, values)) continue;
    if (value === "" || value === null || value === undefined) continue;
    if (field.kind === "pairs" && !Object.keys(value as object).length) continue;
    if (Array.isArray(value) && !value.length) continue;
    if (field.kind === "rows") config[field.key] = (value as Row[]).map((row) => rowBody(field, row));
    else config[field.key] = field.kind === "number" ? Number(value) : value;
  }
  return config;
}

/** A stored source with the settings of the form in place of those that it asks for. */
export function sourceBody(type: SourceType, fields: SourceField[], values: Record<string, unknown>, before?: Record<string, unknown>): Record<string, unknown> {
  const config = configOf(fields, values);
  const asked = new Set(fields.map((f) => f.key));
  const inside = type.sourceType === "Universal";
  const kept = Object.fromEntries(Object.entries((inside ? before?.config : before) ?? {}).filter(([key]) => !asked.has(key)));
  // A secret that was not typed anew stays as it is stored.
  if (before) for (const f of fields) if (f.kind === "secret" && !config[f.key]) config[f.key] = "********";
  if (!inside) return { ...kept, ...config, sourceType: type.sourceType };
  return { ...before, sourceType: "Universal", schemaRef: { type: type.name }, config: { ...kept, ...config } };
}

/** A source that somebody wrote or downloaded as JSON, alone or in its envelope; a sentence where it is none. */
export function sourceOfJson(text: string, types: SourceType[]): { type: SourceType; given: Record<string, unknown> } | string {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    return `This is no JSON: ${(error as Error).message}`;
  }
  const outer = found as { source?: unknown; sources?: unknown[] } | null;
  if (outer?.sources && outer.sources.length !== 1) return "One source at a time: take one out of the list.";
  const source = (outer?.source ?? outer?.sources?.[0] ?? outer) as { sourceType?: string; schemaRef?: { type?: string }; config?: Record<string, unknown> } | null;
  const name = source?.sourceType === "Universal" ? source.schemaRef?.type : source?.sourceType;
  const type = types.find((one) => one.name === name);
  if (!type) return `No source of type ${name ?? "?"} runs here. Known are ${types.map((one) => one.name).join(", ")}.`;
  const given = (type.sourceType === "Universal" ? source!.config : source) ?? {};
  // What was covered when it was written is not known.
  return { type, given: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && !/^\*+$/.test(String(value)))) };
}

/** Sentences of the server, `config.tenant_id: ...`, by setting; those about none under "". */
export function wrongsOf(message: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const part of message.split(/; (?=config\.|[a-zA-Z_]+(?:\.[\w.]+)?: )/)) {
    const match = /^(?:config\.)?([a-zA-Z_]+)((?:\.[\w.]+)?): (.+)$/s.exec(part);
    const key = match && !/^(InvalidSource|InvalidCollector|DuplicateResourceName|InvalidSourceType|config)$/.test(match[1]!) ? match[1]! : "";
    const row = match && /^\.(\d+)/.exec(match[2]!);
    found[key] = match ? (key ? `${row ? `${Number(row[1]) + 1}. of them: ` : ""}${match[3]!}` : part.replace(/^\w+: /, "")) : part;
  }
  return found;
}
