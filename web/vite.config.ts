import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const server = process.env.CONSOLE_SERVER ?? "http://127.0.0.1:5080";

/** Where the built files go. */
export const outDir = process.env.CONSOLE_FILES ?? "../src/ConnectionState/wwwroot";

const packageSource = fileURLToPath(new URL("node_modules/@connectionstate/client/src", import.meta.url));

/** The sources of the package, so that nothing has to be built first. Its own dependencies are those of the console. */
export const resolve = {
  preserveSymlinks: true,
  alias: [
    { find: /^@connectionstate\/client$/, replacement: `${packageSource}/index.ts` },
    { find: /^@connectionstate\/client\/(\w+)$/, replacement: `${packageSource}/$1.ts` },
  ],
};

function isLoadedFirst(path: string): boolean {
  return !/\/src\/(desk|fleet|machine)\/|\/client\/src\/services|\/(errors|fleet_service|plan_service|signal_service)_pb/.test(path);
}

export default defineConfig({
  resolve,
  build: {
    outDir,
    emptyOutDir: true,
    target: "es2022",
    // The Content-Security-Policy forbids inline assets, including data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What merchants load is one file: by default, all that the screens of operators and developers use too would be in files of its own.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "app", test: isLoadedFirst }] } } },
    reportCompressedSize: true,
  },
  // "npm run dev" proxies API calls to a running server.
  server: { proxy: { "/connectionstate.v1.": server, "/console/": server } },
  test: { include: ["test/**/*.test.{ts,tsx}"], environment: "node", server: { deps: { inline: [/@connectionstate/] } } },
});
