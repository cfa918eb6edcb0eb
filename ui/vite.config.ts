import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: "es2022",
    // The pages are served with `default-src 'self'`: nothing may become a data: address.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
});
