/** Cells of a table that thresholds and rules colour. */
import type { Field, Value } from "../api/types";
import { cellText, isNumber } from "./cells";
import { inkOn, writtenColour } from "./colours";
import type { CellRule, Settings } from "./settings";

export interface Paint {
  background?: string;
  colour?: string;
}

/** Whether a cell meets a comparator, as the original names them or as signs. */
export function meets(text: string, comparator: string | undefined, wanted: string | number | null | undefined): boolean {
  if (wanted === null || wanted === undefined || wanted === "") return false;
  const [a, b] = [text.replaceAll(",", ""), String(wanted)];
  const [x, y] = [Number(a), Number(b)];
  const numbers = a.trim() !== "" && !Number.isNaN(x) && !Number.isNaN(y);
  switch ((comparator ?? "").toLowerCase().replaceAll("_", "").replaceAll(" ", "")) {
    case ">": case "greater": case "greaterthan": return numbers && x > y;
    case ">=": case "greaterorequal": case "greaterthanorequal": return numbers && x >= y;
    case "<": case "less": case "lessthan": case "lower": return numbers && x < y;
    case "<=": case "lessorequal": case "lessthanorequal": return numbers && x <= y;
    case "=": case "equal": case "equals": return numbers ? x === y : a === b;
    case "contains": case "includes": return a.includes(b);
    case "doesnotcontain": case "excludes": case "notcontains": return !a.includes(b);
    default: return false;
  }
}

const SOFT = { critical: "critical", warning: "medium" } as const;

function ruled(rule: CellRule, fields: Field[], row: Value[]): boolean {
  const at = fields.findIndex((f) => f.name === rule.column);
  return at >= 0 && row[at] !== undefined && meets(rawText(row[at] ?? null, fields[at]!), rule.comparator, rule.value);
}
const rawText = (value: Value, field: Field) => (typeof value === "number" ? String(value) : value === null ? "" : cellText(value, field));

/** The paint of each cell of a row, or null where none has any. */
export function paintRow(settings: Settings, fields: Field[], row: Value[]): (Paint | null)[] | null {
  const given = settings.thresholdsSettings;
  if (!given) return null;
  const out: (Paint | null)[] = fields.map(() => null);
  const { warning, critical } = given.numberThresholds ?? {};
  if (given.showThresholds) {
    fields.forEach((field, i) => {
      const text = rawText(row[i] ?? null, field);
      const number = isNumber(field);
      const level = ([["critical", critical], ["warning", warning]] as const).find(([, t]) => t && t.display !== false && (number || /clude/.test(t.comparator ?? "")) && meets(text, t.comparator, t.value))?.[0];
      if (level) out[i] = { background: `var(--${SOFT[level]}-soft)`, colour: `var(--${SOFT[level]}-text)` };
      else if (number && given.fillRemainingGreen) out[i] = { background: "var(--ok-soft)", colour: "var(--ok-text)" };
    });
  }
  // The first rule that holds for a cell wins.
  for (const rule of [...(given.conditionalRules ?? [])].reverse()) {
    if (!ruled(rule, fields, row)) continue;
    const background = writtenColour(rule.backgroundColor) ?? undefined;
    const colour = writtenColour(rule.textColor) ?? (background && inkOn(background));
    fields.forEach((field, i) => {
      if (rule.target === "row" || field.name === rule.column) out[i] = { background, colour };
    });
  }
  return out.some(Boolean) ? out : null;
}
