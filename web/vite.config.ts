import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const server = process.env.CONSOLE_SERVER ?? "http://127.0.0.1:5080";

const packageSource = fileURLToPath(new URL("node_modules/@connectionstate/client/src", import.meta.url));

export default defineConfig({
  // The sources of the package, so that nothing has to be built first. Its own dependencies are those of the console.
  resolve: {
    preserveSymlinks: true,
    alias: [
      { find: /^@connectionstate\/client$/, replacement: `${packageSource}/index.ts` },
      { find: /^@connectionstate\/client\/(\w+)$/, replacement: `${packageSource}/$1.ts` },
    ],
  },
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
  test: { include: ["test/**/*.test.{ts,tsx}"], environment: "node", server: { deps: { inline: [/@connectionstate/] } } },
});
