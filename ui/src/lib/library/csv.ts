/** Names in the first line of a CSV file, in quotes or not; none where there is no such line. */
export function headOf(text: string): string[] {
  const line = text.replace(/^\ufeff/, "").split(/\r?\n/, 1)[0] ?? "";
  const cells = line.match(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g) ?? [];
  const names = cells.map((cell) => cell.replace(/,$/, "").trim()).map((cell) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell));
  // The match of nothing behind the last cell.
  if (names.length > 1 && !line.endsWith(",") && names.at(-1) === "") names.pop();
  return names.some(Boolean) ? names : [];
}
