/** Paths of the library as people read them. */

/** `/Library/Users/me@example.com/Hunting` as `Personal`, `Hunting`. */
export function folderParts(path: string): string[] {
  const parts = path.split("/").filter(Boolean);
  if (parts[0] === "Library") parts.shift();
  return parts[0] === "Users" ? ["Personal", ...parts.slice(2)] : parts;
}
export function folderWords(path: string): string {
  return folderParts(path).join(" / ");
}
