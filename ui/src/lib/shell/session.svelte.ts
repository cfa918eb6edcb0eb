/** Who is signed in. `user` is undefined until the server was asked. */
import { api, Failed } from "../api/client";
import type { User } from "../api/types";
import { route } from "./route.svelte";

class SessionState {
  user = $state<User | null | undefined>(undefined);
  version = $state("");
  hasPassword = $state(false);
  unreachable = $state("");

  async load() {
    try {
      const session = await api.session();
      this.user = session.user;
      this.version = session.version;
      this.hasPassword = session.hasPassword;
      this.unreachable = "";
    } catch (error) {
      if (error instanceof Failed && error.status === 401) this.user = null;
      else this.unreachable = (error as Error).message;
    }
  }

  /** Whether the role allows it; what it does not allow is not offered. */
  may(capability: string): boolean {
    return !!this.user?.capabilities.includes(capability);
  }

  async end() {
    await api.signOut().catch(() => undefined);
    this.user = null;
    route.go("/sign-in");
  }
}

export const session = new SessionState();

/** The sentence for a failure; a lost session leads to the sign-in page instead. */
export function sentence(error: unknown): string {
  if (error instanceof Failed && error.status === 401) session.user = null;
  return error instanceof Error ? error.message : String(error);
}
