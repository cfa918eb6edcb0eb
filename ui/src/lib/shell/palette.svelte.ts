/** What lies over every page: the palette, the list of keys; and whether single letters do something. */
export const palette = $state({ open: false });
export const keyHelp = $state({ open: false });

class SingleKeys {
  on = $state(localStorage.getItem("dohyo.keys") !== "off");

  set(on: boolean) {
    this.on = on;
    if (on) localStorage.removeItem("dohyo.keys");
    else localStorage.setItem("dohyo.keys", "off");
  }
}
export const singleKeys = new SingleKeys();
