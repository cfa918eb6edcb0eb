/** Values of a variable in the address: one as it is, several as a JSON list of texts. */

export function valuesOf(text: string): string[] {
  if (!text.startsWith("[")) return [text];
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.length && list.every((one) => typeof one === "string") ? list : [text];
  } catch {
    return [text];
  }
}
export const valueText = (values: string[]): string => (values.length === 1 ? values[0]! : JSON.stringify(values));

/** The default of a variable that takes several: parted by commas, as in the published model. */
export const standardOf = (text: string, multi: boolean): string => (multi && text.includes(",") ? valueText(text.split(",").map((one) => one.trim()).filter(Boolean)) : text);

/** The values after a click on one: all takes the place of every other, and comes back when none is left. */
export function toggled(values: string[], one: string, all: string): string[] {
  if (one === all) return [all];
  const rest = values.filter((value) => value !== all);
  const next = rest.includes(one) ? rest.filter((value) => value !== one) : [...rest, one];
  return next.length ? next : [all];
}
