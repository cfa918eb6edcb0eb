/** Shapes of the HTTP interface. Times are epoch milliseconds, names end in their unit. */

export interface Span {
  start: number;
  end: number;
}
export interface Fix {
  start: number;
  end: number;
  text: string;
  label: string;
}
export interface Problem {
  code: string;
  severity: "error" | "warning";
  message: string;
  line: number | null;
  column: number | null;
  span: Span | null;
  hints: string[];
  fixes: Fix[];
}
export interface User {
  id: string;
  email: string;
  name: string;
  role: string;
  capabilities: string[];
}
export interface Session {
  user: User;
  hasPassword: boolean;
  version: string;
  timezone: string;
}
export interface Source {
  id: number;
  collectorId: number;
  collector: string;
  name: string;
  category: string;
  state: string;
  health: "healthy" | "warning" | "error";
  message: string | null;
  nextTry_ms: number | null;
  lastData_ms: number | null;
  lastPoll: Poll | null;
}
export interface Poll {
  fetched: number;
  new: number;
  updated: number;
  repeated: number;
  refused: number;
  lag_s: number | null;
  at_ms: number;
}
export interface AppRef {
  uuid: string;
  name: string;
  version: string;
}
export interface DashboardRow {
  id: string;
  title: string;
  description: string;
  path: string;
  readOnly: boolean;
  /** Of the older format: drawn as it is, changed as a copy of today's. */
  classic?: boolean;
  app: AppRef | null;
}
export interface Home {
  alerts: { messages: number; newest_ms: number | null; oldest_ms: number | null };
  sources: Source[];
  dashboards: DashboardRow[];
  apps: AppRef[];
  /** Why no message can be stored now. */
  trouble: Problem | null;
}

export type Link = { text: string; href: string };
export type Value = string | number | boolean | null | Link;
export interface Field {
  name: string;
  type: "string" | "long" | "int" | "double" | "boolean" | "time";
  key: boolean;
}
export interface Bounds {
  from_ms: number;
  to_ms: number;
}
/** The answer of one query of a panel. */
export interface Answer {
  panel: string;
  query: string;
  text: string;
  ok: true;
  aggregate: boolean;
  fields: Field[];
  rows: Value[][];
  total: number;
  cut: boolean;
  warnings: string[];
  elapsed_ms: number;
  cached: boolean;
  range: Bounds;
}
export interface Refusal {
  panel: string;
  query: string;
  text: string;
  ok: false;
  problem: Problem;
}
export type RunLine = Answer | Refusal | { run: Bounds } | { done: true };

/** Parts of the published dashboard model that the pages read. */
export interface Boundary {
  type: string;
  relativeTime?: string;
  epochMillis?: number;
  iso8601Time?: string;
  rangeName?: string;
}
export interface TimeRangeModel {
  type: string;
  from?: Boundary | null;
  to?: Boundary | null;
  rangeName?: string;
}
export interface QueryModel {
  queryString: string;
  queryKey: string;
  queryType?: string | null;
  parseMode?: string | null;
  timeSource?: string | null;
  [key: string]: unknown;
}
export interface LinkedDashboard {
  id: string;
  relativePath?: string | null;
  includeTimeRange?: boolean;
  includeVariables?: boolean;
}
export interface ColouringRule {
  scope: string;
  singleSeriesAggregateFunction?: string;
  multipleSeriesAggregateFunction?: string;
  colorThresholds: { color: string; min?: number | null; max?: number | null }[];
}
export interface PanelModel {
  id?: string | null;
  key: string;
  title: string;
  description?: string | null;
  panelType: string;
  visualSettings?: string | null;
  text?: string | null;
  timeRange?: TimeRangeModel | null;
  queries?: QueryModel[] | null;
  coloringRules?: ColouringRule[] | null;
  linkedDashboards?: LinkedDashboard[] | null;
  collapsed?: boolean | null;
  collapsiblePanelChildKeys?: string[] | null;
  [key: string]: unknown;
}
export interface VariableSource {
  variableSourceType: string;
  values?: string;
  query?: string;
  field?: string;
  filter?: string;
  key?: string;
}
export interface VariableModel {
  id?: string | null;
  name: string;
  displayName?: string | null;
  defaultValue?: string | null;
  sourceDefinition?: VariableSource | null;
  allowMultiSelect?: boolean;
  includeAllOption?: boolean;
  hideFromUI?: boolean;
  valueType?: string;
  [key: string]: unknown;
}
/** As published; keys that the pages do not know are kept as they are. */
export interface DashboardModel {
  id: string;
  contentId?: string;
  folderId?: string;
  title: string;
  description?: string | null;
  theme?: string | null;
  refreshInterval?: number | null;
  timeRange?: TimeRangeModel | null;
  layout?: { layoutType?: string; layoutStructures: { key: string; structure: string }[] } | null;
  panels: PanelModel[];
  variables?: VariableModel[] | null;
  [key: string]: unknown;
}

export interface LanguageWord {
  kind: "operator" | "function" | "macro";
  name: string;
  syntax: string;
  help: string;
  example: string;
}
export interface Checked {
  problems: Problem[];
  aggregate: boolean | null;
  fields: Field[];
}
export interface JobTable {
  state: string;
  aggregate: boolean;
  fields: Field[];
  rows: Value[][];
  total: number;
  /** While the search runs: the records are those of the messages from then on. */
  partial_since_ms: number | null;
  warnings: string[];
  problem: Problem | null;
  histogram: { start_ms: number; length_ms: number; count: number }[];
}
