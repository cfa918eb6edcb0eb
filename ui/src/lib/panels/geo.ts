/** Land outlines and the projection of the world map; the joining of markers. */
import { geoNaturalEarth1, geoPath, type GeoProjection } from "d3-geo";
import type { FeatureCollection } from "geojson";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import type { Answer, Value } from "../api/types";

const ANTARCTICA = "010";
const JOIN_PX = 40;
let loading: Promise<FeatureCollection> | undefined;

/** The countries at 1:110 million without Antarctica; fetched once, from our own files. */
export function land(): Promise<FeatureCollection> {
  loading ??= import("world-atlas/countries-110m.json").then(({ default: file }) => {
    const topology = file as unknown as Topology<{ countries: GeometryCollection }>;
    const all = feature(topology, topology.objects.countries) as FeatureCollection;
    return { ...all, features: all.features.filter((f) => String(f.id) !== ANTARCTICA) };
  });
  return loading;
}

/** Zoom factor and shift in pixels from the whole world in the middle. */
export interface View {
  zoom: number;
  dx: number;
  dy: number;
}

/** Natural Earth, filling the width; what is too tall is cut at the poles, by no more than a sixth. */
export function projectionFor(countries: FeatureCollection, width: number, height: number, view: View): GeoProjection {
  const projection = geoNaturalEarth1().fitWidth(width * 1.04, countries);
  const [[, top], [, bottom]] = geoPath(projection).bounds(countries);
  const shrink = Math.min(1, (1.16 * height) / (bottom - top));
  projection.scale(projection.scale() * shrink * view.zoom).translate([0, 0]);
  const [[left, high], [right, low]] = geoPath(projection).bounds(countries);
  return projection.translate([width / 2 - (left + right) / 2 + view.dx, height / 2 - (high + low) / 2 + view.dy]);
}

export interface Place {
  lat: number;
  lon: number;
  count: number;
  row: Value[];
}
export interface Placed {
  places: Place[];
  /** Rows without a position. */
  leftOut: number;
}

function column(answer: Answer, name: string): number {
  return answer.fields.findIndex((field) => field.name.toLowerCase() === name);
}

/** Rows with latitude, longitude and `_count`; null if the columns are missing. */
export function placesOf(answer: Answer): Placed | null {
  const [lat, lon, count] = ["latitude", "longitude", "_count"].map((name) => column(answer, name));
  if (lat! < 0 || lon! < 0 || count! < 0) return null;
  const places: Place[] = [];
  for (const row of answer.rows) {
    const [la, lo] = [row[lat!], row[lon!]];
    if (la === null || lo === null || la === undefined || lo === undefined || la === "" || lo === "") continue;
    places.push({ lat: Number(la), lon: Number(lo), count: Number(row[count!] ?? 0), row });
  }
  return { places, leftOut: answer.rows.length - places.length };
}

/** Flights from one place to another: the missile map. Null if the columns are missing. */
export interface Flight {
  from: [number, number];
  to: [number, number];
  count: number;
  row: Value[];
}
export function flightsOf(answer: Answer): Flight[] | null {
  const at = ["sourcelat", "sourcelon", "destinationlat", "destinationlon"].map((name) => column(answer, name));
  if (at.some((i) => i < 0)) return null;
  const count = column(answer, "_count");
  return answer.rows.flatMap((row) => {
    const [a, b, c, d] = at.map((i) => (row[i] === null || row[i] === "" ? NaN : Number(row[i])));
    return [a, b, c, d].some((n) => Number.isNaN(n)) ? [] : [{ from: [b!, a!], to: [d!, c!], count: Number(row[count] ?? 1), row } as Flight];
  });
}
/** A bow between two points of the drawing. */
export function bow([x1, y1]: [number, number], [x2, y2]: [number, number]): string {
  const [mx, my] = [(x1 + x2) / 2, (y1 + y2) / 2 - Math.hypot(x2 - x1, y2 - y1) * 0.22];
  return `M${x1.toFixed(1)} ${y1.toFixed(1)}Q${mx.toFixed(1)} ${my.toFixed(1)} ${x2.toFixed(1)} ${y2.toFixed(1)}`;
}

const GEO = /^(latitude|longitude|_count|country_(code|name)|region|city|connection_type|state|postal_code)$/i;
const MOST_VALUES = 50;
/** The fields that lead to the messages of a marker; values of one field are alternatives. */
export function markerFields(answer: Answer, marker: Marker): [string, string][] {
  const own = answer.fields.map((_, i) => i).filter((i) => !GEO.test(answer.fields[i]!.name) && answer.fields[i]!.type === "string");
  const first = own[0];
  if (first === undefined) return [];
  const values = new Set(marker.places.map((p) => p.row[first]).filter((v) => v !== null && v !== undefined && v !== ""));
  return [...values].slice(0, MOST_VALUES).map((v) => [answer.fields[first]!.name, typeof v === "object" ? v!.text : String(v)]);
}

export interface Marker {
  x: number;
  y: number;
  count: number;
  places: Place[];
}

/** Joins places nearer than 40 px, the largest first; ordered by count. */
export function markersOf(places: Place[], projection: GeoProjection): Marker[] {
  const markers: Marker[] = [];
  for (const place of [...places].sort((a, b) => b.count - a.count)) {
    const [x, y] = projection([place.lon, place.lat]) ?? [NaN, NaN];
    if (Number.isNaN(x)) continue;
    const near = markers.find((m) => Math.hypot(m.x - x, m.y - y) < JOIN_PX);
    if (near) {
      near.count += place.count;
      near.places.push(place);
    } else markers.push({ x, y, count: place.count, places: [place] });
  }
  return markers.sort((a, b) => b.count - a.count);
}

export function markerSize(count: number): number {
  return count <= 1 ? 9 : Math.min(44, 14 + 3.1 * Math.sqrt(count));
}

/** Title and rows of a marker's popup: sums for numbers, the few different values of the others. */
export function markerFacts(answer: Answer, marker: Marker): { title: string; rows: { name: string; text: string }[] } {
  const values = (name: string) => {
    const at = column(answer, name);
    return at < 0 ? [] : [...new Set(marker.places.map((p) => p.row[at]).filter((v) => v !== null && v !== undefined && v !== ""))].map(String);
  };
  const countries = values("country_name").length ? values("country_name") : values("country_code");
  const cities = values("city");
  const few = (list: string[]) => (list.length <= 3 ? list.join(", ") : `${list.slice(0, 2).join(", ")} + ${list.length - 2} more`);
  const title = cities.length === 1 && countries.length === 1 ? `${cities[0]}, ${countries[0]}` : few(countries) || "This place";
  const rows = [{ name: "_count", text: marker.count.toLocaleString("en-GB") }];
  for (const { name } of answer.fields) {
    if (/^(latitude|longitude|_count|country_name)$/i.test(name)) continue;
    const list = values(name.toLowerCase());
    if (list.length) rows.push({ name, text: few(list) });
  }
  if (marker.places.length > 1) rows.push({ name: "rows", text: String(marker.places.length) });
  return { title, rows };
}

/** `253 in 28 countries`, and what is left out. */
export function noteOf(answer: Answer, placed: Placed): { sum: number; rest: string } {
  const sum = placed.places.reduce((total, p) => total + p.count, 0);
  const country = Math.max(column(answer, "country_name"), column(answer, "country_code"));
  const countries = new Set(placed.places.map((p) => p.row[country])).size;
  const city = column(answer, "city");
  const parts = [country < 0 ? "in all" : `in ${countries} ${countries === 1 ? "country" : "countries"}`];
  if (city >= 0 && placed.places.length && placed.places.every((p) => !p.row[city])) parts.push("country level");
  if (placed.leftOut) parts.push(`${placed.leftOut} ${placed.leftOut === 1 ? "row has" : "rows have"} no known location and ${placed.leftOut === 1 ? "is" : "are"} not drawn`);
  return { sum, rest: parts.join("  ·  ") };
}
