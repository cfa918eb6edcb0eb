/** Made-up answers of panels: those of the app's dashboards by key, others by what the panel draws. */

export const SEVERITIES = ["high", "medium", "low", "informational"];

export const HOUR = 36e5;
export const text = (name, key = true) => ({ name, type: "string", key });
export const long = (name) => ({ name, type: "long", key: false });
const counts = (name, pairs) => ({ fields: [text(name), long("count")], rows: pairs });

function overTime({ from_ms, to_ms }, length_ms) {
  const out = [];
  for (let at = Math.floor(from_ms / length_ms) * length_ms, i = 0; at < to_ms; at += length_ms, i++) {
    out.push([at, (i * 7) % 5, 2 + ((i * 5) % 11), (i * 3) % 7, (i * 11) % 3]);
  }
  return { fields: [{ name: "_timeslice", type: "time", key: true }, ...SEVERITIES.map(long)], rows: out };
}

const PLACES = [
  ["DE", "Germany", 51.2, 10.4, 38], ["NL", "Netherlands", 52.1, 5.3, 31], ["RO", "Romania", 45.9, 25, 24], ["US", "United States", 39.8, -98.6, 28],
  ["CN", "China", 35.9, 104.2, 23], ["IN", "India", 20.6, 79, 9], ["JP", "Japan", 36.2, 138.3, 14], ["BR", "Brazil", -14.2, -51.9, 6],
  ["ZA", "South Africa", -30.6, 22.9, 2], ["NG", "Nigeria", 9.1, 8.7, 6], ["AU", "Australia", -25.3, 133.8, 6], ["RU", "Russia", 61.5, 105.3, 19],
  ["SG", "Singapore", 1.35, 103.8, 13], ["MX", "Mexico", 23.6, -102.6, 1], ["IR", "Iran", 32.4, 53.7, 17], ["CU", "Cuba", 21.5, -77.8, 4], ["SY", "Syria", 34.8, 39, 9],
];
const map = (codes) => ({
  fields: [text("ip"), long("_count"), { name: "latitude", type: "double", key: false }, { name: "longitude", type: "double", key: false }, text("country_code", false), text("country_name", false), text("region", false), text("city", false)],
  rows: PLACES.filter(([code]) => !codes || codes.includes(code)).map(([code, name, lat, lon, n], i) => [`203.0.113.${i + 4}`, n, lat, lon, code, name, null, null]),
});
const USERS = ["lena.hoffmann", "marco.ricci", "j.okafor", "priya.raman", "d.nakamura", "sofia.lindqvist", "claire.dubois", "a.haddad", "n.petrova", "grace.mwangi"];
const users = (from) => counts("user", USERS.map((u, i) => [`${u}@contoso.com`, from - i * 3]));
export const TITLES = ["Activity from Tor exit node", "Mass download by a single user", "Impossible travel", "Suspicious OAuth app file download", "Anomalous Token", "Suspicious inbox forwarding"];

function recent({ to_ms }) {
  const names = ["time", "alert_id", "title", "description", "status", "severity", "category", "classification", "determination"];
  const list = Array.from({ length: 100 }, (_, i) => {
    const at = new Date(to_ms - i * 37e4).toISOString();
    const id = `ad${(i * 2654435761 % 2 ** 32).toString(16).padStart(8, "0")}fb13b1aea89c202c75a${i}`;
    return [`${at.slice(8, 10)}-${at.slice(5, 7)}-${at.slice(0, 4)} ${at.slice(11, 19)}`, { text: id, href: `https://security.microsoft.com/alerts/${id}` }, TITLES[i % 6],
      "Activity from an address known to be a Tor exit node was seen for this account.", ["new", "new", "inProgress", "resolved"][i % 4], SEVERITIES[i % 4], "InitialAccess", i % 3 ? "-" : "truePositive", "-"];
  });
  return { aggregate: false, fields: names.map((n) => text(n, false)), rows: list };
}

export const PANELS = {
  "total-alerts": () => ({ fields: [long("_count")], rows: [[223]] }),
  "high-severity-alerts": () => ({ fields: [long("_count")], rows: [[49]] }),
  "geo-location-of-alerts": () => map(),
  "alerts-by-status": () => counts("status", [["new", 81], ["resolved", 80], ["inProgress", 62]]),
  "alerts-by-severity": () => counts("severity", [["medium", 118], ["high", 49], ["low", 42], ["informational", 14]]),
  "alerts-by-classification": () => counts("classification", [["truePositive", 43], ["falsePositive", 38], ["informationalExpectedActivity", 13], ["benignPositive", 6]]),
  "alerts-by-determination": () => counts("determination", [["clean", 19], ["compromisedUser", 19], ["insufficientData", 19], ["maliciousUserActivity", 15], ["confirmedUserActivity", 11], ["phishing", 7], ["malware", 5], ["other", 2], ["apt", 2], ["lineOfBusinessApplication", 1]]),
  "alerts-by-service-source": () => counts("service_source", [["microsoftDefenderForCloudApps", 223]]),
  "alerts-by-detection-source": () => counts("detection_source", [["cloudAppSecurity", 134], ["azureAdIdentityProtection", 49], ["microsoftThreatExperts", 12], ["microsoft365Defender", 8], ["appGovernanceDetection", 7], ["appGovernancePolicy", 7], ["customDetection", 6]]),
  "top-10-alert-categories": () => counts("category", [["InitialAccess", 64], ["CredentialAccess", 48], ["Collection", 23], ["Exfiltration", 21], ["CommandAndControl", 19], ["DefenseEvasion", 11], ["Discovery", 11], ["Impact", 9], ["Persistence", 7], ["PrivilegeEscalation", 5]]),
  "top-10-users-by-alerts": () => users(32),
  "analyst-assignments": () => counts("analyst", [["Unassigned", 65], ["jonas.weber@contoso.com", 46], ["priya.nair@contoso.com", 43], ["amelia.stone@contoso.com", 33], ["diego.santos@contoso.com", 21], ["hana.kimura@contoso.com", 15]]),
  "alerts-over-time": (range) => overTime(range, HOUR),
  "recent-alerts": recent,
  "alerts-by-severity-over-time": (range) => overTime(range, 24 * HOUR),
  "high-severity-comparison": () => ({ fields: [text("title"), long("count"), long("count_1d")], rows: TITLES.map((t, i) => [t, 13 - i * 2, i]) }),
  "top-10-countries-malicious": () => counts("country_code", [["NL", 50], ["RU", 43], ["RO", 42], ["HK", 24], ["NG", 16], ["US", 16], ["BR", 15], ["IN", 15], ["SG", 12], ["VN", 12]]),
  "embargoed-locations": () => map(["IR", "CU", "SY"]),
  "top-10-users-compromised": () => users(38),
  "top-10-attacked-devices": () => ({
    fields: [text("device"), text("risk_score"), text("health_status"), long("count")],
    rows: ["fin-lt-0142", "hr-lt-0077", "exec-lt-0009", "sales-lt-0210", "dev-ws-031", "ops-srv-12", "legal-lt-0021", "mkt-lt-0058", "dev-ws-044", "kiosk-03"].map((d, i) => [`${d}.corp.contoso.com`, ["high", "high", "medium", "low", "none"][i % 5], ["active", "active", "inactive", "impairedCommunication", "noSensorData"][i % 5], 60 - i * 4]),
  }),
};


const FALLBACK = {
  single: () => ({ fields: [long("_count")], rows: [[223]] }),
  sparkline: (range) => ({ fields: [{ name: "_timeslice", type: "time", key: true }, long("_count")], rows: overTime(range, HOUR).rows.map((row) => [row[0], row[2]]) }),
  compare: () => ({ fields: [long("_count"), long("_count_1d")], rows: [[223, 195]] }),
  map: () => map(),
  flights: () => ({ fields: ["sourcelat", "sourcelon", "destinationlat", "destinationlon", "_count"].map(long), rows: PLACES.slice(1, 9).map((p, i) => [p[2], p[3], 51.2, 10.4, 40 - i * 4]) }),
  honeyComb: () => ({ fields: [text("host"), long("latency")], rows: Array.from({ length: 40 }, (_, i) => [`host-${i}`, (i * 137) % 1200]) }),
  timeSeries: (range) => overTime(range, (range.to_ms - range.from_ms) / 24 > HOUR * 6 ? 24 * HOUR : HOUR),
  gap: (range) => ({ ...overTime(range, HOUR), rows: overTime(range, HOUR).rows.map((row, i) => [row[0], ...(i > 7 && i < 13 ? [null, null, null, null] : row.slice(1))]) }),
  box: () => ({ fields: [text("service"), ...["min", "p25", "p50", "p75", "max"].map(long)], rows: ["mail", "files", "sign-in"].map((s, i) => [s, 10 + i, 30 + 3 * i, 45 + 8 * i, 70 + 5 * i, 110 + 20 * i]) }),
  funnel: () => counts("step", [["opened", 640], ["clicked", 210], ["signed in", 90], ["reported", 35]]),
  sankey: () => ({ fields: [text("from"), text("to"), long("count")], rows: [["mail", "link", 60], ["mail", "file", 40], ["link", "account", 35], ["file", "device", 22], ["chat", "link", 18]] }),
  measures: () => ({ fields: [text("category"), long("alerts"), long("users")], rows: [["InitialAccess", 64, 21], ["CredentialAccess", 48, 30], ["Collection", 23, 9], ["Exfiltration", 21, 12]] }),
  table: () => ({ fields: [text("host"), long("errors"), { name: "load", type: "double", key: false }], rows: Array.from({ length: 30 }, (_, i) => [`app-${i}.contoso.com`, (i * 37) % 130, ((i * 7919) % 1000) / 10]) }),
};

/** The answer of any panel: by its key, by a hint in the query (`// sample: box`), by what it draws. */
export function answerOf(panel, query, range) {
  if (PANELS[panel.key]) return PANELS[panel.key](range);
  const hint = /\/\/ sample: (\w+)/.exec(query.queryString)?.[1];
  const general = JSON.parse(panel.visualSettings || "{}").general ?? {};
  const kind = hint ?? (general.mode === "timeSeries" ? "timeSeries" : general.mode === "map" ? "map" : general.mode === "honeyComb" ? "honeyComb" : general.type === "svp" ? "single" : general.type === "table" ? "table" : "");
  return FALLBACK[kind]?.(range) ?? PANELS["alerts-by-detection-source"]();
}
