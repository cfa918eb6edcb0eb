/** Time zones as a collector's form lists them. */
const names = Intl.supportedValuesOf?.("timeZone") ?? [];
export const zoneOptions = [{ value: "UTC", name: "(UTC) Coordinated Universal Time" }, ...names.filter((name) => name !== "UTC").map((name) => ({ value: name, name: name.replaceAll("_", " ") }))];
