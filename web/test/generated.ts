import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

/** With UPDATE_DOCS=1, writes a file that is made from the code. */
export function update(path: string, content: string): void {
  if (process.env.UPDATE_DOCS === "1") writeFileSync(pathTo(path), content);
}

/** A file that is made from the code. With UPDATE_DOCS=1 it is written, otherwise compared. */
export function expectCurrent(path: string, content: string): void {
  update(path, content);
  const file = pathTo(path);
  expect(existsSync(file), `${path} is missing: UPDATE_DOCS=1 npm test`).toBe(true);
  expect(readFileSync(file, "utf8"), `${path} is old: UPDATE_DOCS=1 npm test`).toBe(content);
}

function pathTo(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
