/** The address bar as state: path and parameters, readable by pages, changed only here. */
class Route {
  path = $state(location.pathname);
  params = $state.raw(new URLSearchParams(location.search));

  constructor() {
    addEventListener("popstate", () => this.#read());
  }

  #read() {
    this.path = location.pathname;
    this.params = new URLSearchParams(location.search);
  }

  go(url: string, replace = false) {
    if (url === location.pathname + location.search) return;
    history[replace ? "replaceState" : "pushState"](null, "", url);
    this.#read();
    if (!replace) document.querySelector("main")?.scrollTo(0, 0);
  }

  /** Changes parameters of this page; null removes one. */
  set(changes: Record<string, string | null>, replace = false) {
    const next = new URLSearchParams(this.params);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) next.delete(name);
      else next.set(name, value);
    }
    const text = next.toString();
    const url = this.path + (text ? `?${text}` : "");
    if (url === location.pathname + location.search) return;
    history[replace ? "replaceState" : "pushState"](null, "", url);
    this.#read();
  }
}

export const route = new Route();

/** Lets plain links move between pages without loading them anew. */
export function followLinks(event: MouseEvent) {
  const link = (event.target as Element).closest?.("a");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (link.target || link.origin !== location.origin || link.hasAttribute("download")) return;
  if (link.getAttribute("href")?.startsWith("#")) return;
  event.preventDefault();
  route.go(link.pathname + link.search);
}
