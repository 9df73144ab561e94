import { defineConfig } from "vite";
import { outDir, resolve } from "./vite.config";

// <connectionstate-pages> for the pages of platforms: one script with all that it needs, under a name that stays the same.
export default defineConfig({
  resolve,
  publicDir: false,
  build: {
    outDir,
    emptyOutDir: false,
    target: "es2022",
    // The first with light-dark(). What would stand in for it needs a color-scheme in the same style sheet, and here the page of the platform has it.
    cssTarget: ["chrome123", "edge123", "firefox120", "safari17.5"],
    modulePreload: false,
    rolldownOptions: { input: "src/element/index.ts", output: { entryFileNames: "connectionstate-pages.js", codeSplitting: false } },
  },
});
