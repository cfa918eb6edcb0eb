/** Queries that were run in this browser, newest first. */
const KEY = "dohyo.queries";
const MOST = 50;

function read(): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

class Earlier {
  list = $state.raw<string[]>(read());

  add(query: string) {
    this.list = [query, ...this.list.filter((one) => one !== query)].slice(0, MOST);
    try {
      localStorage.setItem(KEY, JSON.stringify(this.list));
    } catch {
      // Without room in the browser the list lasts as long as the page.
    }
  }
}

export const earlier = new Earlier();
