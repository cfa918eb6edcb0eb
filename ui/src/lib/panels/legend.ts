/** Which names are hidden after a click: alone, all again, or one toggled. */
export function isolated(names: string[], hidden: Set<string>, name: string, toggle: boolean): Set<string> {
  if (toggle) {
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    return next.size === names.length ? new Set() : next;
  }
  const others = names.filter((n) => n !== name);
  const alone = !hidden.has(name) && others.every((n) => hidden.has(n));
  return alone ? new Set() : new Set(others);
}
