/** How a value is shown, decided by its column's name and the value itself. The text is never changed. */
import type { Answer, Field, Link, Value } from "../api/types";
import { dateTime, exactNumber } from "../time/format";

export type Look =
  | { as: "badge"; level: string }
  | { as: "status"; icon: "new" | "progress" | "done" | "ok" | "warning" | "plain" }
  | { as: "link"; href: string }
  | { as: "mono" }
  | { as: "plain" };

const SEVERITY_COLUMN = /(^|_)(severity|risk_?score|risk_?level)$/i;
const STATUS_COLUMN = /(^|_)status$/i;
const MONO_COLUMN = /(^|_)(id|ip|address|device|host|dns_?name)$|^_raw$/i;
const LEVELS = new Set(["critical", "high", "medium", "low", "informational"]);
const STATUS: Record<string, "new" | "progress" | "done" | "ok" | "warning"> = {
  new: "new", inprogress: "progress", resolved: "done",
  active: "ok", healthy: "ok", inactive: "warning", impairedcommunication: "warning",
  nosensordata: "warning", nosensordataimpairedcommunication: "warning",
};

export function isLink(value: Value): value is Link {
  return typeof value === "object" && value !== null;
}
export function isTime(field: Field): boolean {
  return field.type === "time" || /^_(timeslice|messagetime|receipttime)(_|$)/i.test(field.name);
}
export function isNumber(field: Field): boolean {
  return !isTime(field) && ["long", "int", "double"].includes(field.type) && !/^(latitude|longitude)$/i.test(field.name);
}

/** The text of a cell as the query returned it; times in the reader's zone. */
export function cellText(value: Value, field: Field): string {
  if (value === null) return "-";
  if (isLink(value)) return value.text;
  if (typeof value === "number") return isTime(field) ? dateTime(value) : isNumber(field) ? exactNumber(value) : String(value);
  return String(value);
}

export function cellLook(value: Value, field: Field): Look {
  if (isLink(value)) return { as: "link", href: value.href };
  if (typeof value === "string") {
    const word = value.toLowerCase();
    if (SEVERITY_COLUMN.test(field.name) && LEVELS.has(word)) return { as: "badge", level: word };
    if (STATUS_COLUMN.test(field.name)) return { as: "status", icon: STATUS[word] ?? "plain" };
    if (MONO_COLUMN.test(field.name)) return { as: "mono" };
  }
  return { as: "plain" };
}

/** Only web addresses become links: a query can return any text. */
export function safeHref(href: string): string | null {
  try {
    return ["http:", "https:"].includes(new URL(href, location.href).protocol) ? href : null;
  } catch {
    return null;
  }
}

/** Index of the base column for a compare column such as `count_1d`, else -1. */
export function comparedTo(fields: Field[], at: number): number {
  const base = /^(.+)_\d+[smhdw]$/.exec(fields[at]!.name)?.[1];
  return base === undefined ? -1 : fields.findIndex((field) => field.name === base && isNumber(field));
}

/** The one count column that may carry bars, else -1. */
export function barColumn(answer: Answer): number {
  if (!answer.aggregate) return -1;
  const numbers = answer.fields.map((field, i) => (isNumber(field) ? i : -1)).filter((i) => i >= 0);
  const only = numbers[0];
  return numbers.length === 1 && only !== undefined && /count/i.test(answer.fields[only]!.name) && answer.fields.length <= 4 ? only : -1;
}

/** Position of the category and of the number a categorical chart draws; null if it cannot. */
export function categoryAndValue(answer: Answer): { category: number; value: number } | null {
  const value = answer.fields.findIndex((field) => isNumber(field) && !field.key);
  const fallback = value >= 0 ? value : answer.fields.findIndex(isNumber);
  const category = answer.fields.findIndex((_, i) => i !== fallback);
  return fallback < 0 || category < 0 ? null : { category, value: fallback };
}

/** What a cut answer leaves out; the server counts the rest only where that is cheap. */
export function cutNote(answer: Answer): string {
  const shown = exactNumber(answer.rows.length);
  return answer.total > answer.rows.length ? `the first ${shown} of ${exactNumber(answer.total)} rows` : `the first ${shown} rows; there are more`;
}

function csvCell(value: Value): string {
  const text = value === null ? "" : isLink(value) ? value.href : String(value);
  // A leading sign of a formula is kept as text, so that a spreadsheet does not run it.
  const calm = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(calm) ? `"${calm.replaceAll('"', '""')}"` : calm;
}
export function toCsv(answer: Pick<Answer, "fields" | "rows">): string {
  const head = answer.fields.map((field) => csvCell(field.name)).join(",");
  return [head, ...answer.rows.map((row) => row.map(csvCell).join(","))].join("\r\n") + "\r\n";
}
export function download(name: string, text: string, type: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
