import { defineConfig } from "vitest/config";

const server = process.env.CONSOLE_SERVER ?? "http://127.0.0.1:5080";

export default defineConfig({
  build: {
    outDir: "../src/ConnectionState/wwwroot",
    emptyOutDir: true,
    target: "es2022",
    // The Content-Security-Policy forbids inline assets, including data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  // "npm run dev" proxies API calls to a running server.
  server: { proxy: { "/connectionstate.v1.": server, "/console/": server } },
  test: { include: ["test/**/*.test.{ts,tsx}"], environment: "node" },
});
