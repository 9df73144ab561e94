import { describe, expect, it } from "vitest";
import { en } from "../src/text/en";
import { relative, short } from "../src/text/time";
import { vi } from "../src/text/vi";
import { agreed, agreedTimes, avoided } from "./agreedTexts";

type Text = string | ((...values: string[]) => string);

// Every text by its path; a text with parameters shows them as {0}, {1} and so on.
function byPath(texts: object, path: readonly string[] = []): [string, string][] {
  return Object.entries(texts).flatMap(([key, value]: [string, Text | object]): [string, string][] => {
    const at = [...path, key];
    if (typeof value === "object") return byPath(value, at);
    return [[at.join("."), typeof value === "string" ? value : (value as (...values: string[]) => string)("{0}", "{1}")]];
  });
}

describe("the agreed texts", () => {
  it.each([["vi", vi], ["en", en]] as const)("are those of the console: %s", (language, texts) => {
    const actual = new Map(byPath(texts));

    expect(Object.fromEntries(Object.keys(agreed[language]).map((path) => [path, actual.get(path)]))).toEqual(agreed[language]);
  });

  it("use none of the words that merchants did not understand", () => {
    // The desk is for developers, and a role alone is named without "quyền".
    const texts = byPath(vi).filter(([path]) => !path.startsWith("desk."));
    const found = texts.flatMap(([path, words]) => avoided.filter((one) => one.words.test(words)).map(({ better }) => `${path}: ${words} (better: ${better})`));

    expect(found).toEqual([]);
  });

  it("write times as merchants do", () => {
    const noon = new Date(2026, 10, 28, 12, 41).getTime();

    expect([relative("vi", noon + 14 * 60_000, noon), short("vi", noon)]).toEqual([agreedTimes.in14Minutes, agreedTimes.noonOfNovember28]);
  });
});
