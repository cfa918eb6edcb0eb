/** Short notes at the foot of the page; each is spoken once and goes by itself, those about failures stay. */
export interface Toast {
  id: number;
  kind: "done" | "failed";
  text: string;
  action?: { name: string; run: () => void };
}
const STAY_MS = 6000;
let last = 0;

class Toasts {
  list = $state<Toast[]>([]);

  done(text: string, action?: Toast["action"]) {
    const id = this.#add({ kind: "done", text, action });
    setTimeout(() => this.close(id), STAY_MS);
  }

  failed(text: string, action?: Toast["action"]) {
    this.#add({ kind: "failed", text, action });
  }

  close(id: number) {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  #add(toast: Omit<Toast, "id">): number {
    const id = ++last;
    this.list = [...this.list.filter((t) => t.text !== toast.text), { ...toast, id }].slice(-3);
    return id;
  }
}

export const toasts = new Toasts();
