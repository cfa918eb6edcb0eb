/** An alert's message as the drawer tells it: links, and what each version changed. */
import { safeHref } from "../panels/cells";

export interface Version {
  at_ms: number;
  status: string;
  changes: string[];
}
export interface Alert {
  id: string;
  title: string;
  links: { name: string; href: string }[];
}
type Message = Record<string, unknown>;

export function messageOf(raw: unknown): Message | null {
  try {
    const value: unknown = JSON.parse(String(raw));
    return value && typeof value === "object" && !Array.isArray(value) ? (value as Message) : null;
  } catch {
    return null;
  }
}
const text = (value: unknown) => (typeof value === "string" ? value : value === null || value === undefined ? "" : JSON.stringify(value));

export function alertOf(message: Message): Alert | null {
  const id = text(message.id);
  if (!id || !("alertWebUrl" in message || "serviceSource" in message)) return null;
  const links = ([["Alert in the portal", message.alertWebUrl], ["Incident in the portal", message.incidentWebUrl]] as const)
    .map(([name, href]) => ({ name, href: safeHref(text(href)) ?? "" }))
    .filter(({ href }) => href.startsWith("http"));
  return { id, title: text(message.title), links };
}

const WATCHED = ["status", "severity", "classification", "determination", "assignedTo"];
/** Versions oldest first, each with what is not as it was before. */
export function versionsOf(messages: Message[]): Version[] {
  const stamped = messages.map((message) => ({ message, at_ms: Date.parse(text(message.lastUpdateDateTime) || text(message.createdDateTime)) }));
  stamped.sort((a, b) => (a.at_ms || 0) - (b.at_ms || 0));
  return stamped.map(({ message, at_ms }, i) => {
    const before = stamped[i - 1]?.message;
    const changes = !before
      ? []
      : WATCHED.filter((key) => text(message[key]) !== text(before[key])).map((key) => `${key} ${text(before[key]) || "none"} → ${text(message[key]) || "none"}`);
    const [now, then] = [message, before].map((m) => (Array.isArray(m?.comments) ? m.comments.length : 0));
    if (before && now! > then!) changes.push(`${now! - then!} ${now! - then! === 1 ? "comment" : "comments"} added`);
    if (before && text(message.evidence) !== text(before.evidence)) changes.push("evidence changed");
    return { at_ms, status: text(message.status), changes };
  });
}
