/** Items of the library as the page shows them. */
import BookMarked from "@lucide/svelte/icons/book-marked";
import ChartNoAxesCombined from "@lucide/svelte/icons/chart-no-axes-combined";
import FileSearch from "@lucide/svelte/icons/file-search";
import Folder from "@lucide/svelte/icons/folder";
import LayoutDashboard from "@lucide/svelte/icons/layout-dashboard";
import Table2 from "@lucide/svelte/icons/table-2";
import { content, type Item } from "../api/content";
import { download } from "../panels/cells";
import { route } from "../shell/route.svelte";
import { sentence } from "../shell/session.svelte";
import { toasts } from "../shell/toasts.svelte";
import { fromModel } from "../time/range";

export const ICONS: Record<string, typeof Folder> = { Folder, Dashboard: LayoutDashboard, Search: FileSearch, Lookups: Table2, Report: ChartNoAxesCombined };
export const iconOf = (item: Item) => ICONS[item.itemType] ?? BookMarked;
const NAMES: Record<string, string> = { Folder: "Folder", Dashboard: "Dashboard", Search: "Saved search", Lookups: "Lookup table", Report: "Classic dashboard" };
export const typeName = (item: Pick<Item, "itemType">) => NAMES[item.itemType] ?? item.itemType;

const ORDER = ["Folder", "Dashboard", "Report", "Search", "Lookups"];
/** Folders first, then by type and name. */
export function sorted(items: Item[]): Item[] {
  const rank = (item: Item) => (ORDER.indexOf(item.itemType) + 10) % 10;
  return [...items].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, "en", { numeric: true }));
}

/** Dashboards and searches are whole in their definition: they can be stored again. */
export const comesBack = (type: string) => type === "Dashboard" || type === "Search";

/** Deletes a dashboard or search; the note at the foot of the page stores it again. It gets a new address then. */
export async function removeWithUndo(item: Pick<Item, "id" | "name" | "parentId" | "itemType">, again: (id: string) => void) {
  const definition = await content.export(item.id);
  await content.remove(item.id);
  const undo = async () => {
    try {
      const { id } = await content.import(item.parentId, definition, false);
      toasts.done(`${item.name} is back.`);
      again(id);
    } catch (error) {
      toasts.failed(sentence(error));
    }
  };
  toasts.done(`${item.name} is deleted.`, { name: "Undo", run: undo });
}

/** Where an item opens; null for what has no page of its own. */
export function hrefOf(item: Pick<Item, "id" | "itemType">): string | null {
  if (item.itemType === "Folder") return `/library?folder=${item.id}`;
  if (item.itemType === "Dashboard" || item.itemType === "Report") return `/dashboards/${item.id}`;
  return item.itemType === "Search" ? `/search?saved=${item.id}` : null;
}

/** A saved search with its query and range in the search page. */
export async function openSearch(id: string, replace = false) {
  const search = await content.search(id);
  const range = fromModel(search.timeRange);
  route.go(`/search?${new URLSearchParams({ q: search.queryString, from: range.from, ...(range.to ? { to: range.to } : {}) })}`, replace);
}

export async function exportItem(item: Item) {
  const definition = await content.export(item.id);
  download(`${item.name}.json`, `${definition.indented()}\n`, "application/json");
}
