/** What somebody points at in a panel: the value, and the fields and the time that lead to the messages behind it. */
export interface Pick {
  panel: string;
  query: string;
  label: string;
  value: string;
  /** What the value counts. */
  measure: string;
  fields: [name: string, value: string][];
  from_ms?: number;
  to_ms?: number;
}

export function pickText(pick: Pick): string {
  return JSON.stringify(pick);
}

/** The pick of an address; null for what none is. */
export function pickOf(text: string | null): Pick | null {
  try {
    const pick = JSON.parse(text ?? "null") as Pick | null;
    const whole = pick && [pick.panel, pick.query, pick.label, pick.value, pick.measure].every((v) => typeof v === "string");
    const fields = whole && Array.isArray(pick.fields) && pick.fields.every((f) => Array.isArray(f) && f.every((part) => typeof part === "string"));
    return fields ? pick : null;
  } catch {
    return null;
  }
}
