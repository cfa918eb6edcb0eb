/** Answers without a time column as categories and series. */
import type { Answer, Value } from "../api/types";
import { cellText, isNumber } from "./cells";
import type { Series } from "./slices";

export interface Categories {
  names: string[];
  /** Field and value of each category. */
  fields: [string, string][][];
  series: Series[];
}

/** Columns that name a row: those the query groups by, else all that are no numbers, else the first. */
export function keyColumns(answer: Answer): number[] {
  const all = answer.fields.map((_, i) => i);
  const words = all.filter((i) => !isNumber(answer.fields[i]!));
  if (words.length) return words;
  const keys = all.filter((i) => answer.fields[i]!.key);
  return keys.length && keys.length < all.length ? keys : all.length > 1 ? [0] : [];
}

export function rowFields(answer: Answer, row: Value[], columns = keyColumns(answer)): [string, string][] {
  return columns.map((i) => [answer.fields[i]!.name, cellText(row[i] ?? null, answer.fields[i]!)]);
}

export function categories(answers: Answer[]): Categories {
  const names: string[] = [];
  const fields: [string, string][][] = [];
  const at = new Map<string, number>();
  const series: Series[] = [];
  for (const answer of answers) {
    const keys = keyColumns(answer);
    const numbers = answer.fields.map((_, i) => i).filter((i) => isNumber(answer.fields[i]!) && !keys.includes(i));
    const made = numbers.map((i): Series => ({ name: answer.fields[i]!.name, query: answer.query, keys: {}, values: [], total: 0 }));
    for (const row of answer.rows) {
      const of = rowFields(answer, row, keys);
      const name = of.map(([, value]) => value).join(" · ");
      if (!at.has(name)) {
        at.set(name, names.length);
        names.push(name);
        fields.push(of);
      }
      numbers.forEach((i, n) => {
        const value = row[i];
        if (typeof value !== "number") return;
        made[n]!.values[at.get(name)!] = value;
        made[n]!.total += value;
      });
    }
    series.push(...made);
  }
  for (const one of series) {
    one.values = names.map((_, i) => one.values[i] ?? null);
    if (series.some((other) => other !== one && other.name === one.name && other.query < one.query)) one.name = `${one.name} (${one.query})`;
  }
  return { names, fields, series };
}
