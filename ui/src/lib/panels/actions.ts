import type { Pick } from "./pick";

/** What a panel can ask of its dashboard. What is missing is not offered. */
export interface PanelActions {
  search: () => void;
  full: () => void;
  details: () => void;
  edit?: () => void;
  duplicate?: () => void;
  remove?: () => void;
  pick?: (pick: Pick) => void;
  range?: (from_ms: number, to_ms: number) => void;
  widen?: () => void;
  clear?: () => void;
  /** What the panel would show without the filters, as words. */
  unfiltered?: () => Promise<string>;
}
