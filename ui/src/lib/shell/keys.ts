/** Single-letter keys. They do nothing while somebody types. */
import { singleKeys } from "./palette.svelte";

type Action = () => void;
const actions = new Map<string, Action>();
let prefix = "";
let prefix_ms = 0;

/** Registers keys (`t`, `g d`) while a component lives; the returned function takes them back. */
export function useKeys(keys: Record<string, Action>): () => void {
  for (const [key, action] of Object.entries(keys)) actions.set(key, action);
  return () => {
    for (const [key, action] of Object.entries(keys)) if (actions.get(key) === action) actions.delete(key);
  };
}

export function typing(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return !!element?.closest?.("input, textarea, select, [contenteditable=true]");
}

export function onKeydown(event: KeyboardEvent) {
  if (!singleKeys.on && event.key.length === 1 && event.key !== "?") return;
  // A dialog keeps the keys to itself.
  if (document.querySelector("dialog[open]")) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
  const joined = prefix && Date.now() - prefix_ms < 1500 ? `${prefix} ${event.key}` : event.key;
  prefix = "";
  if (event.key === "g" && joined === "g") {
    prefix = "g";
    prefix_ms = Date.now();
    return;
  }
  const action = actions.get(joined);
  if (!action) return;
  event.preventDefault();
  action();
}
