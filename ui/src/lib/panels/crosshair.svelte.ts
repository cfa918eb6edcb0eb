/** The moment under the pointer, shared by all time charts of the page. */
export const crosshair = $state<{ ms: number | null }>({ ms: null });
