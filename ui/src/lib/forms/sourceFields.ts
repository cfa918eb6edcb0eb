/** The form of a source, made from its schema: labels and hints for settings that are known, the schema's own words else. */
import type { SchemaProperty, SourceType } from "../api/collection";

export interface SourceField {
  key: string;
  label: string;
  hint: string;
  kind: "text" | "secret" | "number" | "choice" | "check" | "pairs";
  /** Takes several lines. */
  long: boolean;
  required: boolean;
  mono: boolean;
  wide: boolean;
  unit: string;
  options: { value: string; name: string }[];
  schema: SchemaProperty;
  standard: unknown;
  /** Shown only where another setting has this value. */
  only?: { key: string; value: string };
  advanced: boolean;
}
type Known = Partial<Pick<SourceField, "label" | "hint" | "mono" | "long" | "wide" | "unit" | "only" | "advanced">> & { names?: Record<string, string>; usual?: string };

/** Names of clouds are those of the service. */
const CLOUDS = { global: "Global", us_gov: "US Government (GCC High)", us_gov_dod: "US Government (DoD)", china: "China (21Vianet)", custom: "Another address" };
const SIGN_INS = { secret: "Client secret", certificate: "Certificate", workload_identity: "Workload identity", managed_identity: "Managed identity" };
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
  fields: { label: "Fields", wide: true, hint: "Added to every message.", advanced: true },
};
/** Needed for the way of signing in that they belong to. */
const TO_SIGN_IN = new Set(["secret_key", "client_certificate", "token_file"]);
const PEM: Known = { long: true, wide: true, mono: true, hint: "As PEM.", only: { key: "protocol", value: "TLS" } };
/** Of sources of logs: set apart from what everybody needs. */
const LOGS: Record<string, Known> = {
  messagePerRequest: { label: "One message per request", usual: "Else a request is parted into messages." },
  hostName: { label: "Source host", hint: "Shown in searches as _sourceHost.", advanced: true },
  timeZone: { label: "Time zone", hint: "Used when a message names none, such as Europe/Berlin.", advanced: true },
  forceTimeZone: { label: "Ignore the time zone of messages", advanced: true },
  automaticDateParsing: { label: "Find the time in messages", hint: "Else the time of arrival counts.", advanced: true },
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
  pathExpression: { label: "Path", mono: true, wide: true, hint: "Such as /var/log/app/*.log, in a folder that the server’s settings allow." },
};
Object.assign(KNOWN, LOGS);
/** Older names, settings for tests, and what only the API sets: kept, never asked for. */
const NEVER = new Set(["azure_gov", "polling_interval_s", "set_metadata_fields", "defaultDateFormat", "cutoffTimestamp", "cutoffRelativeTime", "contentType", "hashAlgorithm"]);
const ORDER = ["name", "category", "tenant_id", "application_id", "secret_key", "polling_interval", "backfill_days", "pathExpression", "protocol", "port", "bindAddress", "certificate", "privateKey", "clientAuthority"];

/** `anyOf` with null means that the setting may be left out. */
function plain(schema: SchemaProperty): SchemaProperty {
  const one = schema.anyOf?.find((s) => s.type !== "null");
  return one ? { ...schema, ...one } : schema;
}
const words = (key: string) => key.replace(/([a-z])([A-Z])/g, "$1 $2").replaceAll("_", " ").toLowerCase().replace(/^./, (c) => c.toUpperCase());
const isPlain = (schema: SchemaProperty) => ["string", "integer", "number", "boolean", "object"].includes(schema.type ?? "") || !!schema.enum;

function kindOf(key: string, schema: SchemaProperty, secrets: string[]): SourceField["kind"] {
  if (secrets.includes(key)) return "secret";
  if (schema.enum) return "choice";
  if (schema.type === "boolean") return "check";
  if (schema.type === "integer" || schema.type === "number") return "number";
  return schema.type === "object" ? "pairs" : "text";
}

export function sourceFields(type: SourceType): SourceField[] {
  const required = new Set(type.schema.required ?? []);
  const fields = Object.entries(type.schema.properties).filter(([key, schema]) => !NEVER.has(key) && isPlain(plain(schema))).map(([key, given]): SourceField => {
    const schema = plain(given);
    const known = KNOWN[key] ?? {};
    const kind = kindOf(key, schema, type.secrets);
    return {
      key, kind, schema,
      label: known.label ?? words(key),
      hint: known.hint ?? (kind === "number" ? rangeWords(schema) : "") ?? "",
      required: required.has(key) || TO_SIGN_IN.has(key), mono: !!known.mono, long: !!known.long, wide: !!known.wide || kind === "pairs", unit: known.unit ?? "",
      options: (schema.enum ?? []).map((value) => ({ value, name: known.names?.[value] ?? value })),
      standard: schema.default ?? (kind === "check" ? false : kind === "pairs" ? {} : ""),
      only: known.only, advanced: !!known.advanced && !required.has(key),
    };
  });
  const rank = (key: string) => (ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.length);
  return fields.sort((a, b) => rank(a.key) - rank(b.key));
}

const n = (value: number) => value.toLocaleString("en-GB");
function rangeWords(schema: SchemaProperty): string {
  return schema.minimum !== undefined && schema.maximum !== undefined ? `${n(schema.minimum)} to ${n(schema.maximum)}.` : "";
}

/** Whether the field belongs to what is set elsewhere in the form. */
export const isAsked = (field: SourceField, values: Record<string, unknown>): boolean => !field.only || values[field.only.key] === field.only.value;

/** What is allowed and usual, where a value is not; empty for a good one. */
export function wrongOf(field: SourceField, value: unknown, stored: boolean): string {
  const usual = KNOWN[field.key]?.usual ?? "";
  const empty = value === "" || value === null || value === undefined;
  if (empty) return field.required && !(field.kind === "secret" && stored) ? `A value is needed. ${usual}`.trim() : "";
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
    config[field.key] = field.kind === "number" ? Number(value) : value;
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

/** Sentences of the server, `config.tenant_id: ...`, by setting; those about none under "". */
export function wrongsOf(message: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const part of message.split(/; (?=config\.|[a-z_]+: )/)) {
    const match = /^(?:config\.)?([a-zA-Z_]+)(?:\.[\w.]+)?: (.+)$/s.exec(part);
    const key = match && !/^(InvalidSource|InvalidCollector|DuplicateResourceName|InvalidSourceType)$/.test(match[1]!) ? match[1]! : "";
    found[key] = match ? (key ? match[2]! : part.replace(/^\w+: /, "")) : part;
  }
  return found;
}
