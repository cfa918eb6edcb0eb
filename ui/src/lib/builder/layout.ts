/** Places on the grid: moving, resizing and adding panels; others give way, gaps close. */
import type { DashboardModel } from "../api/types";
import { boxesOf, closeGaps, type Box } from "../panels/model";

export const COLUMNS = 24;
export const LEAST_W = 3;
export const LEAST_H = 3;
export type Boxes = Map<string, Box>;

export function settled(boxes: Boxes): Boxes {
  const order = [...boxes].sort(([, a], [, b]) => a.y - b.y || a.x - b.x);
  const placed = closeGaps(order.map(([, box]) => box));
  return new Map(order.map(([key], i) => [key, placed[i]!]));
}

export function within(box: Box): Box {
  const w = Math.max(LEAST_W, Math.min(COLUMNS, Math.round(box.w)));
  return { w, h: Math.max(LEAST_H, Math.min(100, Math.round(box.h))), x: Math.max(0, Math.min(COLUMNS - w, Math.round(box.x))), y: Math.max(0, Math.round(box.y)) };
}

/** The panel at its new place; those at or below the place make room. */
export function moved(boxes: Boxes, key: string, to: Box): Boxes {
  const target = within(to);
  const next = new Map(boxes);
  // Half a row above: it comes before those that begin in the same row.
  next.set(key, { ...target, y: target.y - 0.5 });
  const result = settled(next);
  return result;
}

/** A place of this size: beside the last row's panels where there is room, else below all. */
export function freePlace(boxes: Boxes, w: number, h: number): Box {
  const all = [...boxes.values()];
  const bottom = Math.max(0, ...all.map((b) => b.y + b.h));
  for (let y = Math.max(0, bottom - h); y <= bottom; y++) {
    for (let x = 0; x + w <= COLUMNS; x++) {
      const free = all.every((b) => x + w <= b.x || b.x + b.w <= x || y + h <= b.y || b.y + b.h <= y);
      const rests = y === 0 || all.some((b) => b.y + b.h === y && b.x < x + w && x < b.x + b.w);
      if (free && rests) return { x, y, w, h };
    }
  }
  return { x: 0, y: bottom, w, h };
}

/** Writes places into the model; other keys of a place (such as `minHeight`) stay. */
export function withBoxes(model: DashboardModel, boxes: Boxes): DashboardModel {
  const before = new Map((model.layout?.layoutStructures ?? []).map((s) => [s.key, s]));
  const keys = model.panels.map((panel) => panel.key);
  const layoutStructures = keys.flatMap((key) => {
    const box = boxes.get(key);
    const old = before.get(key);
    if (!box) return old ? [old] : [];
    let extra: Record<string, unknown> = {};
    try {
      extra = old ? (JSON.parse(old.structure) as Record<string, unknown>) : {};
    } catch {
      extra = {};
    }
    const same = extra.x === box.x && extra.y === box.y && extra.width === box.w && extra.height === box.h;
    // Text that need not change stays as it was written.
    return [same && old ? old : { ...old, key, structure: JSON.stringify({ ...extra, height: box.h, width: box.w, x: box.x, y: box.y }) }];
  });
  return { ...model, layout: { ...model.layout, layoutType: model.layout?.layoutType ?? "Grid", layoutStructures } };
}

/** Every panel with a place, those without one below. */
export function placesOf(model: DashboardModel): Boxes {
  const boxes = boxesOf(model);
  const all: Boxes = new Map();
  for (const { key } of model.panels) all.set(key, boxes.get(key) ?? freePlace(all, 12, 8));
  return settled(all);
}
