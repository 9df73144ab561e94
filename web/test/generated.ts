import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

/** A file that is made from the code. With UPDATE_DOCS=1 it is written, otherwise compared. */
export function expectCurrent(path: string, content: string): void {
  const file = fileURLToPath(new URL(`../../${path}`, import.meta.url));
  if (process.env.UPDATE_DOCS === "1") writeFileSync(file, content);
  expect(existsSync(file), `${path} is missing: UPDATE_DOCS=1 npm test`).toBe(true);
  expect(readFileSync(file, "utf8"), `${path} is old: UPDATE_DOCS=1 npm test`).toBe(content);
}
