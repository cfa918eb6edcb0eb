/** Steps added to a query: a key of the message made a field, rows with or without a value. */
import { quoted } from "../drill/query";

/** The name of the field that is made of a key of the message. */
export const fieldOfPath = (path: string) => path.replace(/[^A-Za-z0-9_]+/g, "_").replace(/^(\d)/, "_$1").replace(/_$/, "");
export const parseStep = (path: string) => `| json ${quoted(path)} as ${fieldOfPath(path)} nodrop`;

export function whereStep(field: string, value: string | number | boolean | null, without: boolean): string {
  if (value === null) return `| where ${without ? "!" : ""}isNull(${field})`;
  return `| where ${field} ${without ? "!=" : "="} ${typeof value === "string" ? quoted(value) : String(value)}`;
}

const WORD = /"((?:[^"\\]|\\.)*)"|[^\s()"|]+/g;
/** What the words before the first pipe find in a text; null where there are none. */
export function wordsOf(scope: string): RegExp | null {
  const found: string[] = [];
  for (const match of scope.replace(/(^|\s)\/\/.*$/gm, "$1").matchAll(WORD)) {
    const text = match[1]?.replace(/\\(.)/g, "$1") ?? match[0];
    if (match[1] === undefined && (/^(and|or|not)$/i.test(text) || /[=!<>{]/.test(text))) continue;
    const plain = text.replace(/^\*+|\*+$/g, "");
    if (plain.length < 2) continue;
    found.push(plain.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", "\\S*?"));
  }
  return found.length ? new RegExp(found.join("|"), "gi") : null;
}

/** The text in pieces, found ones marked. */
export function pieces(text: string, words: RegExp | null): { text: string; found: boolean }[] {
  if (!words) return [{ text, found: false }];
  const parts: { text: string; found: boolean }[] = [];
  let at = 0;
  for (const match of text.matchAll(words)) {
    if (!match[0]) continue;
    if (match.index > at) parts.push({ text: text.slice(at, match.index), found: false });
    parts.push({ text: match[0], found: true });
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push({ text: text.slice(at), found: false });
  return parts;
}
