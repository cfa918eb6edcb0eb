/** Light or dark: the system's choice until somebody chooses; a dashboard that is dark by itself wins while it is open. */
import { untrack } from "svelte";

type Theme = "light" | "dark";
const system = matchMedia("(prefers-color-scheme: dark)");

class ThemeState {
  chosen = $state<Theme | null>(localStorage.getItem("dohyo.theme") as Theme | null);
  #system = $state<Theme>(system.matches ? "dark" : "light");
  #own = $state<Theme | null>(null);

  constructor() {
    system.addEventListener("change", () => {
      this.#system = system.matches ? "dark" : "light";
      this.#apply();
    });
    this.#apply();
  }

  get current(): Theme {
    return this.#own ?? this.chosen ?? this.#system;
  }

  /** The theme of what is open; null takes it back. */
  lend(theme: Theme | null) {
    this.#own = theme;
    this.#apply();
  }

  choose(theme: Theme | null) {
    this.#own = null;
    this.chosen = theme;
    if (theme) localStorage.setItem("dohyo.theme", theme);
    else localStorage.removeItem("dohyo.theme");
    this.#apply();
  }

  /** Whoever lends or chooses a theme does not come to depend on it. */
  #apply() {
    document.documentElement.dataset.theme = untrack(() => this.current);
  }
}

export const theme = new ThemeState();
