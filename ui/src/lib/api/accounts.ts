/** Who may do what: users, roles and access keys by the published calls, one's own password by ours. */
import { ask, json, OWN, whole } from "./call";

export interface Person {
  id: string;
  email: string;
  firstName: string;
  lastName: string;
  roleIds: string[];
  isActive: boolean;
  lastLoginTimestamp: string | null;
}
export interface Role {
  id: string;
  name: string;
  description: string;
  capabilities: string[];
  users: string[];
}
export interface AccessKey {
  id: string;
  label: string;
  disabled: boolean;
  createdAt: string;
  createdBy: string;
  lastUsed: string | null;
  serviceAccountId: string | null;
  scopes: string[];
}
export type NewKey = AccessKey & { key: string };
export type PersonDraft = Pick<Person, "firstName" | "lastName" | "email" | "roleIds" | "isActive">;

const USERS = "/api/v1/users";
const KEYS = "/api/v1/accessKeys";

export const people = {
  all: () => whole<Person>(USERS),
  /** People and service accounts, which only own keys. */
  owners: () => whole<Person>(`${USERS}?includeServiceAccounts=true`),
  roles: () => whole<Role>("/api/v1/roles"),
  add: (person: PersonDraft) => json<Person>("POST", USERS, person),
  change: (id: string, person: PersonDraft) => json<Person>("PUT", `${USERS}/${id}`, person),
  remove: (id: string) => ask("DELETE", `${USERS}/${id}`),
  signInLink: async (id: string) => location.origin + (await json<{ path: string }>("POST", `${OWN}/users/${id}/sign-in-link`)).path,
};
export const keys = {
  all: () => whole<AccessKey>(KEYS),
  own: async () => (await json<{ data: AccessKey[] }>("GET", `${KEYS}/personal`)).data,
  add: (label: string) => json<NewKey>("POST", KEYS, { label }),
  switch: (id: string, disabled: boolean) => json<AccessKey>("PUT", `${KEYS}/${id}`, { disabled }),
  renew: (id: string) => json<NewKey>("PUT", `${KEYS}/${id}/rotate`),
  remove: (id: string) => ask("DELETE", `${KEYS}/${id}`),
};
export const changePassword = (current: string, password: string) => ask("PUT", `${OWN}/session/password`, { current, password });
