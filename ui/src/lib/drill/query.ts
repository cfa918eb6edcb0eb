/** Queries made out of a panel's query: the messages behind a value, what they are about, the history of an alert. */
import type { Field } from "../api/types";

export interface Stage {
  text: string;
}
const OPEN: Record<string, string> = { "(": ")", "[": "]", "{": "}" };

/** The parts between pipes; pipes within quotes, comments and brackets part nothing. */
export function stages(text: string): string[] {
  const found: string[] = [];
  let from = 0;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '"' || (c === "`" && text.indexOf("`", i + 1) > 0)) {
      for (i++; i < text.length && text[i] !== c; i++) if (text[i] === "\\") i++;
    } else if (text.startsWith("//", i) && (i === 0 || /\s/.test(text[i - 1]!))) {
      const end = text.indexOf("\n", i);
      i = end < 0 ? text.length : end;
    } else if (text.startsWith("/*", i) && (found.length ? text[i - 1] !== ":" : i === 0 || /\s/.test(text[i - 1]!)) && text.indexOf("*/", i) > 0) i = text.indexOf("*/", i) + 1;
    else if (c in OPEN) depth++;
    else if (Object.values(OPEN).includes(c)) depth = Math.max(0, depth - 1);
    else if (c === "|" && !depth) {
      found.push(text.slice(from, i));
      from = i + 1;
    }
  }
  found.push(text.slice(from));
  return found.map((stage) => stage.trim());
}

const withoutComments = (stage: string) => stage.replace(/(^|\s)\/\/.*$/gm, "$1").replace(/\/\*[\s\S]*?\*\//g, "").trim();
const COUNTS = /^(count|count_distinct|count_frequent|sum|avg|min|max|median|pct|stddev|first|last|most_recent|least_recent|values|histogram|top|topk|total|transpose|fillmissing|compare|logreduce|logcompare|sessionize|transactionize|transaction|merge|outlier|predict|smooth|accum|backshift|diff|rollingstd)\b/i;
const SLICES = /^timeslice\b/i;
/** A link is made of a field and keeps its name: the text under it is what conditions are about. */
const LINKS = /^to_?url\s*\(.*,\s*(\w+)\s*\)\s+as\s+\1$/i;

/** The query up to where it begins to count: it finds the messages that a panel counts. */
export function messagesQuery(text: string): string {
  const kept: string[] = [];
  for (const stage of stages(text)) {
    const plain = withoutComments(stage);
    if (COUNTS.test(plain) && kept.length) break;
    if ((plain && !SLICES.test(plain) && !LINKS.test(plain)) || !kept.length) kept.push(stage);
  }
  return kept.join("\n| ");
}

/** The query with a step before it slices or counts, else at its end. */
export function withStep(text: string, step: string): string {
  const all = stages(text);
  const at = all.findIndex((stage, i) => i > 0 && (COUNTS.test(withoutComments(stage)) || SLICES.test(withoutComments(stage))));
  if (at < 0) return `${text.trimEnd()}\n${step}`;
  return `${all.slice(0, at).join("\n| ")}\n${step}\n| ${all.slice(at).join("\n| ")}`;
}

/** `field=value` as a scope reads it: plain words, with their wildcards, or a string. */
export const fieldIs = (field: string, value: string) => `${field}=${/^[\w*./:-]+$/.test(value) ? value : quoted(value)}`;
export const quoted = (text: string) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
const named = (name: string) => (/^[A-Za-z_]\w*$/.test(name) ? name : `%${quoted(name)}`);

/** One `where` a field. Several values of a field are alternatives; `-` stands for none. */
export function conditions(fields: [string, string][], known: Field[]): { text: string; left: string[] } {
  const values = new Map<string, Set<string>>();
  for (const [name, value] of fields) values.set(name, (values.get(name) ?? new Set()).add(value));
  const left: string[] = [];
  let text = "";
  // An alert's id says all: its other fields may be others in another version of it.
  const id = [...values.keys()].find((name) => /^alert_?id$/i.test(name) && known.some((f) => f.name.toLowerCase() === name.toLowerCase()));
  if (id) for (const name of [...values.keys()]) if (name !== id) values.delete(name);
  for (const [name, set] of values) {
    const field = known.find((f) => f.name.toLowerCase() === name.toLowerCase());
    if (!field) {
      left.push(name);
      continue;
    }
    const literal = (value: string) => (field.type !== "string" && value !== "" && !Number.isNaN(Number(value.replaceAll(",", ""))) ? value.replaceAll(",", "") : quoted(value));
    const [first = ""] = set;
    if (set.size > 1) text += `\n| where ${named(field.name)} in (${[...set].map(literal).join(", ")})`;
    else if (first === "-") text += `\n| where isNull(${named(field.name)}) or ${named(field.name)} = "-"`;
    else text += `\n| where ${named(field.name)} = ${literal(first)}`;
  }
  return { text, left };
}

/** The field whose different values the query counts: by `count_distinct`, or in two steps, of which the second drops it. */
export function distinctField(text: string): string | null {
  const plain = stages(text).map(withoutComments);
  const direct = plain.map((stage) => /\bcount_distinct\s*\(\s*(\w+)\s*\)/i.exec(stage)?.[1]).find((name) => name);
  if (direct) return direct;
  const groups = plain.filter((stage) => /^count\b/i.test(stage)).map((stage) => (/\bby\s+(.+)$/is.exec(stage)?.[1] ?? "").split(",").map((name) => name.trim()));
  const [first, second] = groups;
  const dropped = second ? first!.filter((name) => !second.some((kept) => kept.toLowerCase() === name.toLowerCase())) : [];
  return dropped.length === 1 && /^\w+$/.test(dropped[0]!) ? dropped[0]! : null;
}

/** How many messages there are, and how many different values of the field. */
export const sizeQuery = (base: string, field: string | null) => `${base}\n| count_distinct(_messageid) as messages${field ? `, count_distinct(${field}) as things` : ""}`;

const ABOUT = ["title", "user", "device", "ip", "category", "severity", "status", "detection_source", "_sourceCategory"];
/** The spelling that people know of a field that is here under a name without capitals. */
export const spelled = (name: string) => ABOUT.find((about) => about.toLowerCase() === name) ?? name;
/** What else the messages can be parted by: the first two known fields that are not chosen already. */
export function breakdowns(known: Field[], chosen: [string, string][]): string[] {
  const taken = new Set(chosen.map(([name]) => name.toLowerCase()));
  const names = known.map((f) => f.name);
  return ABOUT.map((about) => names.find((name) => name.toLowerCase() === about.toLowerCase())).filter((name): name is string => !!name && !taken.has(name.toLowerCase())).slice(0, 2);
}
export function breakdownQuery(base: string, name: string, known: Field[]): string {
  const id = known.find((f) => /^alert_?id$/i.test(f.name))?.name;
  const by = named(name);
  return id && id !== name ? `${base}\n| count by ${by}, ${named(id)}\n| count as count by ${by}\n| sort by count, ${by} asc\n| limit 5` : `${base}\n| count as count by ${by}\n| sort by count, ${by} asc\n| limit 5`;
}

/** All versions of one alert: its id as a word, in the scope of the panel. */
export function historyQuery(text: string, id: string): string {
  const scope = stages(text)[0] ?? "";
  return `${withoutComments(scope)} ${quoted(id)}`.trim();
}
