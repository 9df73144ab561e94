import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

/** Writes a generated file if UPDATE_DOCS=1. */
export function update(path: string, content: string): void {
  if (process.env.UPDATE_DOCS === "1") writeFileSync(pathTo(path), content);
}

/** Compares a generated file with its expected content. With UPDATE_DOCS=1, writes it first. */
export function expectCurrent(path: string, content: string): void {
  update(path, content);
  const file = pathTo(path);
  expect(existsSync(file), `${path} is missing. Run: UPDATE_DOCS=1 npm test`).toBe(true);
  expect(readFileSync(file, "utf8"), `${path} is outdated. Run: UPDATE_DOCS=1 npm test`).toBe(content);
}

function pathTo(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
