import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// The tests run the sources, not what was built from them.
export default defineConfig({
  resolve: {
    alias: {
      "@connectionstate/client/services": source("client/src/services.ts"),
      "@connectionstate/client/testing": source("client/src/testing.ts"),
      "@connectionstate/client": source("client/src/index.ts"),
    },
  },
  test: { include: ["client/test/**/*.test.ts", "react/test/**/*.test.tsx"], environment: "node" },
});
