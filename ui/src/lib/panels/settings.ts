/** `visualSettings` as published dashboards write them, and the parts that drawings ask for. Unknown keys are left alone. */

export interface AxisSettings {
  title?: string | null;
  hideLabels?: boolean;
  logarithmic?: boolean;
  minimum?: number | string | null;
  maximum?: number | string | null;
  unit?: { value?: string | null; isCustom?: boolean } | null;
  unitDecimals?: number | null;
}
export interface Threshold {
  from: number | null;
  to: number | null;
  color: string;
}
export interface OverrideProperties {
  color?: string;
  name?: string;
  type?: string;
  displayType?: string;
  axisYType?: string;
  lineDashType?: string;
  lineThickness?: number;
  fillOpacity?: number;
}
export interface Override {
  series?: string[];
  queries?: string[];
  userProvidedChartType?: boolean;
  properties?: OverrideProperties;
}
export interface SvpSettings {
  option?: string;
  label?: string;
  unit?: string;
  noDataString?: string;
  useNoData?: boolean;
  hideData?: boolean;
  hideLabel?: boolean;
  useBackgroundColor?: boolean;
  textColor?: string;
  backgroundColor?: string;
  rounding?: number | null;
  thresholds?: Threshold[];
  sparkline?: { show?: boolean; color?: string };
  gauge?: { show?: boolean; min?: number; max?: number; showThreshold?: boolean };
}
interface NumberThreshold {
  value?: number | null;
  comparator?: string;
  display?: boolean;
}
/** A rule for table cells: paints a cell or its row where the column's value meets it. */
export interface CellRule {
  column?: string;
  comparator?: string;
  value?: string | number;
  target?: "cell" | "row";
  backgroundColor?: string;
  textColor?: string;
}
export interface Settings {
  general?: {
    mode?: string;
    type?: string;
    displayType?: string;
    paginationPageSize?: number;
    maxNumOfSlices?: number | string;
    innerRadius?: string;
    fillOpacity?: number;
    lineThickness?: number;
    lineDashType?: string;
    markerType?: string;
    markerSize?: number | null;
    decimals?: number | null;
    fontSize?: number;
    noDataMessage?: string;
  };
  title?: { fontSize?: number };
  svp?: SvpSettings;
  axes?: { axisX?: AxisSettings; axisY?: AxisSettings; axisY2?: AxisSettings };
  legend?: { enabled?: boolean; verticalAlign?: string; showAsTable?: boolean; maxHeight?: number };
  series?: Record<string, { visible?: boolean; color?: string; name?: string }>;
  overrides?: Override[];
  hiddenQueryKeys?: string[];
  map?: { layerType?: string; mainMetric?: { layerType?: string } };
  honeyComb?: { thresholds?: Threshold[]; shape?: string; groupBy?: { label?: string; value?: string }[]; aggregationType?: string; noDataMessage?: string };
  text?: {
    format?: string;
    alignment?: string;
    horizontalAlignment?: string;
    verticalAlignment?: string;
    fontSize?: number;
    textColor?: string;
    backgroundColor?: string;
    showTitle?: boolean;
  };
  thresholdsSettings?: {
    showThresholds?: boolean;
    fillRemainingGreen?: boolean;
    highlightViolations?: boolean;
    numberThresholds?: { warning?: NumberThreshold; critical?: NumberThreshold };
    conditionalRules?: CellRule[];
  };
  /** Of the first version: settings by chart type. */
  settings?: Record<string, { configuration?: OldConfiguration }>;
}
interface OldAxis {
  title?: string | null;
  logScale?: boolean;
  min?: number | null;
  max?: number | null;
}
interface OldConfiguration {
  legend?: { position?: string; enabled?: boolean };
  plotOptions?: { stacking?: string | null; lineToArea?: boolean; maxNumOfPieSlices?: string };
  xAxis?: OldAxis;
  yAxis?: OldAxis[] | OldAxis;
  colors?: { overrides?: Record<string, string> | null };
  maptype?: string;
}

export function parsed<T>(text: string | null | undefined): Partial<T> {
  try {
    const value: unknown = JSON.parse(text || "{}");
    return value && typeof value === "object" && !Array.isArray(value) ? (value as Partial<T>) : {};
  } catch {
    return {};
  }
}

/** What members must be: text, number, any; a list of one kind, an object, with "*" for any name. */
type Shape = "text" | "number" | Shape[] | { [name: string]: Shape };
const SCALE: Shape = [{ from: "number", to: "number", color: "text" }];
const AXIS: Shape = { title: "text", minimum: "number", maximum: "number", unitDecimals: "number", unit: { value: "text" } };
const LIMIT: Shape = { value: "number", comparator: "text" };
const SHAPE: Shape = {
  general: {
    mode: "text", type: "text", displayType: "text", paginationPageSize: "number", maxNumOfSlices: "number", innerRadius: "text", fillOpacity: "number",
    lineThickness: "number", lineDashType: "text", markerType: "text", markerSize: "number", decimals: "number", fontSize: "number",
  },
  title: {},
  svp: {
    option: "text", label: "text", unit: "text", noDataString: "text", textColor: "text", backgroundColor: "text", rounding: "number",
    thresholds: SCALE, sparkline: {}, gauge: { min: "number", max: "number" },
  },
  axes: { axisX: AXIS, axisY: AXIS, axisY2: AXIS },
  legend: { verticalAlign: "text" },
  series: { "*": { color: "text", name: "text" } },
  overrides: [
    {
      series: ["text"], queries: ["text"],
      properties: { color: "text", name: "text", type: "text", displayType: "text", axisYType: "text", lineDashType: "text", lineThickness: "number", fillOpacity: "number" },
    },
  ],
  hiddenQueryKeys: ["text"],
  map: { layerType: "text", mainMetric: { layerType: "text" } },
  honeyComb: { thresholds: SCALE, shape: "text" },
  text: { format: "text", alignment: "text", horizontalAlignment: "text", verticalAlignment: "text", fontSize: "number", textColor: "text", backgroundColor: "text" },
  thresholdsSettings: {
    numberThresholds: { warning: LIMIT, critical: LIMIT },
    conditionalRules: [{ column: "text", comparator: "text", target: "text", backgroundColor: "text", textColor: "text" }],
  },
  settings: { "*": { configuration: {} } },
};
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** The value without members of another kind than drawings rely on: what somebody published must not break the page. */
function fitting(value: unknown, shape: Shape): unknown {
  if (shape === "text") return value === null || typeof value === "string" ? value : undefined;
  if (shape === "number") {
    if (value === null || typeof value === "number") return value;
    return typeof value === "string" && value.trim() && Number.isFinite(Number(value)) ? Number(value) : undefined;
  }
  if (Array.isArray(shape)) return Array.isArray(value) ? value.map((one) => fitting(one, shape[0]!)).filter((one) => one !== undefined && one !== null) : undefined;
  if (!isObject(value)) return undefined;
  const pairs = Object.entries(value).map(([name, inner]) => [name, (shape[name] ?? shape["*"]) === undefined ? inner : fitting(inner, (shape[name] ?? shape["*"])!)] as const);
  return Object.fromEntries(pairs.filter(([, inner]) => inner !== undefined));
}

/** The settings with those of the first version taken over where the newer ones say nothing. */
export function settingsOf(text: string | null | undefined): Settings {
  const given = fitting(parsed<Settings>(text), SHAPE) as Settings;
  const type = given.general?.type;
  const old = type ? given.settings?.[type]?.configuration : undefined;
  if (!old) return given;
  const y = Array.isArray(old.yAxis) ? old.yAxis : old.yAxis ? [old.yAxis] : [];
  const axis = (from: OldAxis | undefined): AxisSettings => ({ title: from?.title, logarithmic: from?.logScale, minimum: from?.min, maximum: from?.max });
  return {
    ...given,
    general: {
      ...given.general,
      maxNumOfSlices: given.general?.maxNumOfSlices ?? old.plotOptions?.maxNumOfPieSlices,
      displayType: old.plotOptions?.stacking ? (old.plotOptions.stacking === "percent" ? "percentage" : "stacked") : given.general?.displayType,
      type: type === "line" && old.plotOptions?.lineToArea ? "area" : type,
    },
    axes: given.axes ?? { axisX: axis(old.xAxis), axisY: axis(y[0]), axisY2: axis(y[1]) },
    legend: given.legend ?? { enabled: old.legend?.enabled, verticalAlign: old.legend?.position },
    map: given.map ?? { layerType: old.maptype },
    overrides: given.overrides ?? Object.entries(old.colors?.overrides ?? {}).map(([name, color]) => ({ series: [name], properties: { color } })),
  };
}

export interface Axis {
  title: string;
  hidden: boolean;
  log: boolean;
  min: number | null;
  max: number | null;
  unit: string;
  decimals: number | null;
}
const numberOr = (value: unknown): number | null => (value === null || value === undefined || value === "" || Number.isNaN(Number(value)) ? null : Number(value));

export function axisOf(settings: Settings, name: "axisX" | "axisY" | "axisY2"): Axis {
  const given = settings.axes?.[name] ?? {};
  return {
    title: given.title ?? "",
    hidden: !!given.hideLabels,
    log: !!given.logarithmic,
    min: numberOr(given.minimum),
    max: numberOr(given.maximum),
    unit: given.unit?.value ?? "",
    decimals: numberOr(given.unitDecimals),
  };
}

/** Dashed lines of a chart: where warning and critical begin. */
export interface Limit {
  level: "critical" | "medium";
  value: number;
  below: boolean;
  text: string;
}
export function limitsOf(settings: Settings): Limit[] {
  const given = settings.thresholdsSettings;
  if (!given?.showThresholds) return [];
  const limits: Limit[] = [];
  for (const [name, level] of [["warning", "medium"], ["critical", "critical"]] as const) {
    const one = given.numberThresholds?.[name];
    const value = numberOr(one?.value);
    if (!one || one.display === false || value === null) continue;
    const below = /^(less|lower|<)/.test(one.comparator ?? "");
    limits.push({ level, value, below, text: `${name} ${below ? "below" : "from"} ${value}` });
  }
  return limits;
}

export interface LegendSettings {
  shown: boolean;
  /** Asked for, also where one series is alone. */
  always: boolean;
  place: "bottom" | "right";
  table: boolean;
}
export function legendOf(settings: Settings): LegendSettings {
  const { enabled, verticalAlign, showAsTable } = settings.legend ?? {};
  return { shown: enabled !== false, always: enabled === true, place: verticalAlign === "right" ? "right" : "bottom", table: !!showAsTable };
}
