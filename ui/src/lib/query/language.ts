/** Words of the language with their help, fields and values: what completion and hover show. */
import { autocompletion, type Completion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import type { Extension } from "@codemirror/state";
import { hoverTooltip } from "@codemirror/view";
import { api } from "../api/client";
import type { LanguageWord } from "../api/types";
import { shortNumber } from "../time/format";
import { earlier } from "./history.svelte";

interface Language {
  words: LanguageWord[];
  fields: string[];
}
let loaded: Promise<Language> | null = null;
/** Asked for once; again after a failure. */
export function language(): Promise<Language> {
  loaded ??= api.language().catch((error) => {
    loaded = null;
    throw error;
  });
  return loaded;
}
const values = new Map<string, Promise<{ value: string; count: number }[]>>();
function valuesOf(field: string) {
  const key = field.toLowerCase();
  if (!values.has(key)) {
    values.set(key, api.fieldValues(key).catch(() => []));
    setTimeout(() => values.delete(key), 60_000);
  }
  return values.get(key)!;
}

/** The card beside a suggestion: syntax, what it does, an example. */
function card(word: LanguageWord): HTMLElement {
  const box = document.createElement("div");
  box.className = "word-card";
  const line = (tag: string, text: string) => {
    if (!text) return;
    const part = document.createElement(tag);
    part.textContent = text;
    box.append(part);
  };
  line("code", word.syntax);
  line("p", word.help);
  line("pre", word.example);
  return box;
}
const ofWord = (word: LanguageWord, boost: number): Completion => ({
  label: word.name,
  type: word.kind === "operator" ? "keyword" : "function",
  detail: word.kind,
  apply: word.kind === "function" ? `${word.name}(` : word.kind === "macro" ? word.syntax : word.name,
  info: () => card(word),
  boost,
});
const ofField = (name: string, boost: number): Completion => ({ label: name, type: "variable", detail: "field", boost });

/** Fields that the query has made before this place, by the words that stand where names are given. */
function made(text: string): string[] {
  const found = new Set<string>();
  for (const match of text.matchAll(/\bas\s+([A-Za-z_][\w, ]*)/gi)) for (const name of match[1]!.split(",")) found.add(name.trim().split(/\s/)[0]!);
  for (const match of text.matchAll(/\(\?<(\w+)>/g)) found.add(match[1]!);
  for (const match of text.matchAll(/\|\s*json\s+(?:auto\s+)?(?:field\s*=\s*\w+\s+)?((?:"[^"]*"\s*,?\s*)+)/gi)) for (const key of match[1]!.matchAll(/"([^"]*)"/g)) if (/^\w+$/.test(key[1]!)) found.add(key[1]!);
  return [...found].filter(Boolean);
}

async function suggest(context: CompletionContext): Promise<CompletionResult | null> {
  const before = context.state.sliceDoc(0, context.pos);
  // Inside a string or a comment nobody wants suggestions.
  const open = before.replace(/\\./g, "").split('"').length % 2 === 0 || /\/\/[^\n]*$/.test(before);
  const metadata = /(_\w+)\s*=\s*"?([\w*./:@-]*)$/.exec(before);
  if (metadata && !before.includes("|", before.lastIndexOf(metadata[0]))) {
    const known = await valuesOf(metadata[1]!);
    const from = context.pos - metadata[2]!.length;
    return known.length ? { from, options: known.map((one, i) => ({ label: one.value, type: "text", detail: shortNumber(one.count), boost: 50 - i })), validFor: /^[\w*./:@-]*$/ } : null;
  }
  const word = context.matchBefore(/[A-Za-z_][\w]*/);
  const operatorPlace = /\|\s*[A-Za-z_]*\s?[A-Za-z]*$/.test(before);
  if (open || (!word && !context.explicit && !operatorPlace)) return null;
  const { words, fields } = await language();
  const inPipe = before.includes("|");
  const from = word?.from ?? context.pos;
  if (operatorPlace) {
    const typed = /\|\s*([A-Za-z_]*\s?[A-Za-z]*)$/.exec(before)![1]!;
    return { from: context.pos - typed.length, options: words.filter((one) => one.kind !== "function").map((one) => ofWord(one, 0)), validFor: /^[A-Za-z_]*\s?[A-Za-z]*$/ };
  }
  const options: Completion[] = [...made(before).map((name) => ofField(name, 20)), ...fields.map((name) => ofField(name, 5))];
  if (inPipe) options.push(...words.filter((one) => one.kind === "function").map((one) => ofWord(one, 0)));
  else if (!before.trim().includes(" ")) options.push(...earlier.list.slice(0, 10).map((query) => ({ label: query.replace(/\s+/g, " ").slice(0, 80), apply: query, type: "text", detail: "history", boost: -20 })));
  const once = new Map(options.map((option) => [`${option.type}${option.label}`, option]));
  return { from, options: [...once.values()], validFor: /^\w*$/ };
}

/** What a word under the pointer means. */
const hover = hoverTooltip(async (view, pos) => {
  const { text, from } = view.state.doc.lineAt(pos);
  const at = pos - from;
  const start = /[\w]*$/.exec(text.slice(0, at))!;
  const end = /^[\w]*/.exec(text.slice(at))!;
  const name = (start[0] + end[0]).toLowerCase();
  if (!name) return null;
  const { words } = await language().catch(() => ({ words: [] as LanguageWord[] }));
  const after = text.slice(at + end[0].length);
  const two = `${name}${/^\s+[A-Za-z]+/.exec(after)?.[0].toLowerCase() ?? ""}`.replace(/\s+/g, " ");
  const isCall = /^\s*\(/.test(after);
  const found = words.find((one) => one.name.toLowerCase() === two) ?? words.find((one) => one.name.toLowerCase() === name && (!isCall || one.kind === "function")) ?? words.find((one) => one.name.toLowerCase() === name);
  return found ? { pos: pos - start[0].length, end: pos + end[0].length, above: true, create: () => ({ dom: card(found) }) } : null;
});

export const assistance: Extension = [autocompletion({ override: [suggest], icons: false, activateOnTyping: true, maxRenderedOptions: 60, tooltipClass: () => "suggestions" }), hover];
