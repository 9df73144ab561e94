import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { en } from "../src/text/en";

const root = new URL("../src/", import.meta.url);
const isText = (path: string) => /^text\/(en|vi)\b/.test(path) || path.startsWith("api/gen/");
const sources = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.tsx?$/.test(path) && !isText(path))
  .map((path) => readFileSync(new URL(path, root), "utf8"));
const names = readFileSync(new URL("text/names.ts", root), "utf8");

// These are chosen by what the server, the light or the list says.
const chosen = /^(failure\.|remedy\.|light\.\w+Hint$|pages\.(full|fullOnTrial|over)$|language$)/;

function leaves(texts: object, path: readonly string[] = []): readonly string[][] {
  return Object.entries(texts).flatMap(([key, value]) => (typeof value === "object" ? leaves(value as object, [...path, key]) : [[...path, key]]));
}

// A text is used where its room is spoken of and it is named: as words.key, as room.key, or as "key" among the ones to choose from.
function isUsed([room, key]: readonly [string, string]): boolean {
  const ofRoom = new RegExp(`\\.${room}\\b`);
  const named = new RegExp(`\\b(words|${room})\\.${key}\\b|"${key}"`);
  return names.includes(`"${key}"`) || sources.some((source) => ofRoom.test(source) && named.test(source));
}

it("every text is used", () => {
  const unused = leaves(en)
    .filter((path) => !chosen.test(path.join(".")))
    .filter((path) => !isUsed([path.at(-2) ?? "value", path.at(-1)!]));

  expect(unused.map((path) => path.join("."))).toEqual([]);
});
