/** Markdown as a tree of plain pieces. HTML is never read as such: what looks like it is shown as text. */
import { safeHref } from "../panels/cells";

export interface Piece {
  kind: "text" | "bold" | "italic" | "struck" | "code" | "link" | "break";
  text: string;
  href?: string;
  pieces?: Piece[];
}
export interface Item {
  pieces: Piece[];
  inner: Block[];
}
export type Block =
  | { kind: "heading"; level: number; pieces: Piece[] }
  | { kind: "line"; pieces: Piece[] }
  | { kind: "list"; ordered: boolean; items: Item[] }
  | { kind: "code"; text: string }
  | { kind: "quote"; inner: Block[] }
  | { kind: "table"; head: Piece[][]; rows: Piece[][][] }
  | { kind: "rule" };

const INLINE =
  /\\([\\`*_[\](){}#~!-])|`([^`]+)`|\*\*(.+?)\*\*|__(.+?)__|~~(.+?)~~|\*([^*\s](?:[^*]*[^*\s])?)\*|(?<![A-Za-z0-9])_([^_\s](?:[^_]*[^_\s])?)_(?![A-Za-z0-9])|!?\[([^\]]*)\]\(([^)\s]+)(?:\s+"[^"]*")?\)|(https?:\/\/[^\s<>")\]]+)|<br\s*\/?>/g;
const DEEPEST = 8;

export function inline(text: string, depth = 0): Piece[] {
  if (depth > DEEPEST) return [{ kind: "text", text }];
  const found: Piece[] = [];
  const plain = (part: string) => part && found.push({ kind: "text", text: part });
  let from = 0;
  for (const m of text.matchAll(INLINE)) {
    plain(text.slice(from, m.index));
    from = m.index + m[0].length;
    const [, escaped, code, bold, bold2, struck, italic, italic2, label, target, address] = m;
    const nested = (kind: Piece["kind"], inner: string) => found.push({ kind, text: inner, pieces: inline(inner, depth + 1) });
    if (escaped) plain(escaped);
    else if (code) found.push({ kind: "code", text: code });
    else if (bold ?? bold2) nested("bold", (bold ?? bold2)!);
    else if (struck) nested("struck", struck);
    else if (italic ?? italic2) nested("italic", (italic ?? italic2)!);
    else if (target) found.push({ kind: "link", text: label || target, href: safeHref(target) ?? undefined });
    else if (address) found.push({ kind: "link", text: address, href: safeHref(address) ?? undefined });
    else found.push({ kind: "break", text: "" });
  }
  plain(text.slice(from));
  return found;
}

const ITEM = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/;
const indent = (line: string) => line.length - line.trimStart().length;

function list(lines: string[], at: number, depth: number): [Block, number] {
  const first = ITEM.exec(lines[at]!)!;
  const margin = first[1]!.length;
  const ordered = /\d/.test(first[2]!);
  const items: Item[] = [];
  while (at < lines.length) {
    const m = ITEM.exec(lines[at]!);
    if (!m || m[1]!.length < margin || /\d/.test(m[2]!) !== ordered) break;
    let text = m[3]!;
    const inner: string[] = [];
    for (at++; at < lines.length && lines[at]!.trim() && indent(lines[at]!) > margin; at++) {
      if (inner.length || ITEM.test(lines[at]!)) inner.push(lines[at]!);
      else text += ` ${lines[at]!.trim()}`;
    }
    items.push({ pieces: inline(text), inner: inner.length ? blocks(inner, depth + 1) : [] });
    while (at + 1 < lines.length && !lines[at]!.trim() && ITEM.test(lines[at + 1]!) && indent(lines[at + 1]!) >= margin) at++;
  }
  return [{ kind: "list", ordered, items }, at];
}

const cells = (line: string) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => inline(cell.trim().replaceAll("\\|", "|")));
const isTable = (lines: string[], at: number) => lines[at]!.includes("|") && /^\s*\|?[\s:|-]*-[\s:|-]*\|?\s*$/.test(lines[at + 1] ?? "") && (lines[at + 1] ?? "").includes("|");
const STARTS = /^\s*(#{1,6}\s|[-*+]\s|\d+[.)]\s|>|```|~~~)/;

function blocks(lines: string[], depth: number): Block[] {
  const found: Block[] = [];
  let at = 0;
  if (depth > DEEPEST) return [{ kind: "line", pieces: [{ kind: "text", text: lines.join(" ") }] }];
  while (at < lines.length) {
    const line = lines[at]!;
    const heading = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/.exec(line);
    const fence = /^\s*(```|~~~)/.exec(line)?.[1];
    if (!line.trim()) at++;
    else if (heading) {
      found.push({ kind: "heading", level: heading[1]!.length, pieces: inline(heading[2]!) });
      at++;
    } else if (fence) {
      const end = lines.findIndex((l, i) => i > at && l.trim().startsWith(fence));
      found.push({ kind: "code", text: lines.slice(at + 1, end < 0 ? undefined : end).join("\n") });
      at = end < 0 ? lines.length : end + 1;
    } else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) {
      found.push({ kind: "rule" });
      at++;
    } else if (/^\s*>/.test(line)) {
      const inner: string[] = [];
      for (; at < lines.length && /^\s*>/.test(lines[at]!); at++) inner.push(lines[at]!.replace(/^\s*>\s?/, ""));
      found.push({ kind: "quote", inner: blocks(inner, depth + 1) });
    } else if (isTable(lines, at)) {
      const head = cells(line);
      const rows: Piece[][][] = [];
      for (at += 2; at < lines.length && lines[at]!.includes("|"); at++) rows.push(cells(lines[at]!));
      found.push({ kind: "table", head: head.some((cell) => cell.length) ? head : [], rows });
    } else if (ITEM.test(line)) {
      const [block, next] = list(lines, at, depth);
      found.push(block);
      at = next;
    } else {
      let text = line.trim();
      for (at++; at < lines.length && lines[at]!.trim() && !STARTS.test(lines[at]!) && !isTable(lines, at); at++) {
        text += (lines[at - 1]!.endsWith("  ") ? "<br>" : " ") + lines[at]!.trim();
      }
      found.push({ kind: "line", pieces: inline(text) });
    }
  }
  return found;
}

export function markdown(text: string): Block[] {
  return blocks(text.replaceAll("\r", "").split("\n"), 0);
}
