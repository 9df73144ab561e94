import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { en } from "../src/text/en";

const root = new URL("../src/", import.meta.url);
const isText = (path: string) => /^text\/(en|vi)\b/.test(path);
const sources = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.tsx?$/.test(path) && !isText(path))
  .map((path) => readFileSync(new URL(path, root), "utf8"));
const names = ["text/names.ts", "desk/names.ts"].map((path) => readFileSync(new URL(path, root), "utf8")).join();

// These are selected by a value at run time.
const selectedAtRunTime = /^(failure\.|remedy\.|add\.current\.|desk\.examples\.|liveStatus\.(live|stale|connecting|\w+Hint)$|pages\.(full|fullOnTrial|over)$|language$)/;

function leaves(texts: object, path: readonly string[] = []): readonly string[][] {
  return Object.entries(texts).flatMap(([key, value]) => (typeof value === "object" ? leaves(value as object, [...path, key]) : [[...path, key]]));
}

// A text is used if a file mentions its section and names its key: as words.key, section.key or "key".
function isUsed([section, key]: readonly [string, string]): boolean {
  const ofSection = new RegExp(`\\.${section}\\b`);
  const named = new RegExp(`\\b(words|${section})\\.${key}\\b|"${key}"`);
  return names.includes(`"${key}"`) || sources.some((source) => ofSection.test(source) && named.test(source));
}

it("every text is used", () => {
  const unused = leaves(en)
    .filter((path) => !selectedAtRunTime.test(path.join(".")))
    .filter((path) => !isUsed([path.at(-2) ?? "value", path.at(-1)!]));

  expect(unused.map((path) => path.join("."))).toEqual([]);
});
