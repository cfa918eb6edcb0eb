/** The form of a source, made from its schema: labels and hints for settings that are known, the schema's own words else. */
import type { SchemaProperty, SourceType } from "../api/collection";

export interface SourceField {
  key: string;
  label: string;
  hint: string;
  kind: "text" | "secret" | "number" | "choice" | "check" | "pairs";
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
type Known = Partial<Pick<SourceField, "label" | "hint" | "mono" | "wide" | "unit" | "only" | "advanced">> & { names?: Record<string, string>; usual?: string };

/** Names of clouds are those of the service. */
const CLOUDS = { global: "Global", us_gov: "US Government (GCC High)", us_gov_dod: "US Government (DoD)", china: "China (21Vianet)", custom: "Another address" };
const KNOWN: Record<string, Known> = {
  name: { label: "Source name", hint: "Must be unique in the collector. Shown in searches as _source." },
  category: { label: "Source category", hint: "Shown in searches as _sourceCategory, such as azure/graph-security." },
  description: { label: "Description", wide: true, advanced: true },
  tenant_id: { label: "Directory (tenant) ID", mono: true, usual: "The Overview page of the app registration in Entra ID shows it." },
  application_id: { label: "Application (client) ID", mono: true, usual: "The Overview page of the app registration in Entra ID shows it." },
  secret_key: { label: "Client secret value", hint: "The value, not the secret ID. Stored encrypted, never shown again." },
  polling_interval: { label: "Polling interval", unit: "minutes", usual: "5 is usual." },
  backfill_days: { label: "First fetch", unit: "days back", hint: "Older alerts are left out. 0 begins now.", usual: "30 is usual." },
  cloud: { label: "Cloud", hint: "Where the tenant is.", names: CLOUDS, advanced: true },
  graph_root: { label: "Graph address", mono: true, hint: "Begins with https://", only: { key: "cloud", value: "custom" }, advanced: true },
  authority: { label: "Sign-in address", mono: true, hint: "Begins with https://", only: { key: "cloud", value: "custom" }, advanced: true },
  fields: { label: "Fields", wide: true, hint: "Added to every message.", advanced: true },
};
/** Older names and settings for tests: read, never asked for. */
const NEVER = new Set(["azure_gov", "polling_interval_s", "set_metadata_fields"]);
const ORDER = ["name", "category", "tenant_id", "application_id", "secret_key", "polling_interval", "backfill_days"];

/** `anyOf` with null means that the setting may be left out. */
function plain(schema: SchemaProperty): SchemaProperty {
  const one = schema.anyOf?.find((s) => s.type !== "null");
  return one ? { ...schema, ...one } : schema;
}
const words = (key: string) => key.replaceAll("_", " ").replace(/^./, (c) => c.toUpperCase());

function kindOf(key: string, schema: SchemaProperty, secrets: string[]): SourceField["kind"] {
  if (secrets.includes(key)) return "secret";
  if (schema.enum) return "choice";
  if (schema.type === "boolean") return "check";
  if (schema.type === "integer" || schema.type === "number") return "number";
  return schema.type === "object" ? "pairs" : "text";
}

export function sourceFields(type: SourceType): SourceField[] {
  const required = new Set(type.schema.required ?? []);
  const fields = Object.entries(type.schema.properties).filter(([key]) => !NEVER.has(key)).map(([key, given]): SourceField => {
    const schema = plain(given);
    const known = KNOWN[key] ?? {};
    const kind = kindOf(key, schema, type.secrets);
    return {
      key, kind, schema,
      label: known.label ?? schema.title ?? words(key),
      hint: known.hint ?? (kind === "number" ? rangeWords(schema) : "") ?? "",
      required: required.has(key), mono: !!known.mono, wide: !!known.wide || kind === "pairs", unit: known.unit ?? "",
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
  if (field.only && !/^https:\/\/[^\s?#@]+$/.test(text)) return "An address that begins with https:// is needed.";
  return "";
}

/** The settings to send: what is empty or not asked for is left out. */
export function configOf(fields: SourceField[], values: Record<string, unknown>): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const field of fields) {
    const value = values[field.key];
    if (field.only && values[field.only.key] !== field.only.value) continue;
    if (value === "" || value === null || value === undefined) continue;
    if (field.kind === "pairs" && !Object.keys(value as object).length) continue;
    config[field.key] = field.kind === "number" ? Number(value) : value;
  }
  return config;
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
