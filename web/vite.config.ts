import { defineConfig } from "vitest/config";

const server = process.env.CONSOLE_SERVER ?? "http://127.0.0.1:5080";

export default defineConfig({
  build: {
    outDir: "../src/ConnectionState/wwwroot",
    emptyOutDir: true,
    target: "es2022",
    // The Content-Security-Policy allows nothing that is written into the page, data: addresses included.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  // While working on the console: "npm run dev" beside a running server.
  server: { proxy: { "/connectionstate.v1.": server, "/console/": server } },
  test: { include: ["test/**/*.test.{ts,tsx}"], environment: "node" },
});
