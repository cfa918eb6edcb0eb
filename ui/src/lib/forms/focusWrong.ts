import { tick } from "svelte";

/** Leads to the first field that is marked wrong, once the page shows it. */
export async function focusWrong() {
  await tick();
  document.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
}
