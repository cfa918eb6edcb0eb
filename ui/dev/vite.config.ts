/** The development server: pages from source, answers from DOHYO_API (a running `dohyo serve`) or else made up. */
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { answers } from "./mock.mjs";

const api = process.env.DOHYO_API;
const mock = { name: "mock", configureServer: answers, configurePreviewServer: answers };

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  plugins: [svelte(), ...(api ? [] : [mock])],
  // The built pages under the policy that the server sends.
  preview: { host: "127.0.0.1", port: 4173, headers: { "Content-Security-Policy": process.env.CSP ?? "default-src 'self'; style-src 'self' 'unsafe-inline'" } },
  server: { host: "127.0.0.1", port: 5173, proxy: api ? { "/api": { target: api }, "/receiver": { target: api } } : undefined },
});
