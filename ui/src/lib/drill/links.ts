/** Dashboards that a panel leads to, with range and filters brought along. */
import type { RangeWords } from "../api/client";
import { folderWords } from "../library/paths";
import type { Board } from "../panels/board.svelte";
import type { PanelView } from "../panels/model";
import type { Pick } from "../panels/pick";

export interface Link {
  href: string;
  title: string;
  note: string;
}
const lastPart = (path: string) => path.split("/").at(-1)!.trim().toLowerCase();

/** Those that the panel names, else the others of the same folder. */
export function linksOf(view: PanelView, board: Board, range: RangeWords, pick: Pick): Link[] {
  const others = board.siblings.filter((row) => row.id !== board.here?.id);
  const named = view.linked.flatMap((link) => {
    const row = others.find((o) => o.id === link.id) ?? (link.relativePath ? others.find((o) => o.title.toLowerCase() === lastPart(link.relativePath!)) : undefined);
    return row ? [{ row, time: link.includeTimeRange !== false, variables: link.includeVariables !== false }] : [];
  });
  const same = others.filter((row) => board.here && row.path === board.here.path && row.app?.uuid === board.here.app?.uuid && row.app).map((row) => ({ row, time: true, variables: true }));
  return (view.linked.length ? named : same).map(({ row, time, variables }) => {
    const query = new URLSearchParams();
    if (time) {
      query.set("from", range.from);
      if (range.to) query.set("to", range.to);
    }
    if (variables) for (const v of board.changed) query.set(`var.${v.name}`, v.value);
    const what = [time ? (pick.from_ms === undefined ? "this range" : "this time") : "", variables ? "these filters" : ""].filter(Boolean).join(" and ");
    return { href: `/dashboards/${encodeURIComponent(row.id)}${query.size ? `?${query}` : ""}`, title: row.title, note: what ? `opens with ${what}` : folderWords(row.path) };
  });
}
