import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Provider, State } from "@connectionstate/client";
import { newLosses } from "../src/element/losses";
import { formatPage, parsePage } from "../src/element/pageAttribute";
import { connection, list } from "./samples";

describe("the script of <connectionstate-pages>", () => {
  const code = readFileSync(new URL("../../src/ConnectionState/wwwroot/connectionstate-pages.js", import.meta.url), "utf8");

  it("is one file without the screens of developers", () => {
    expect(code).toContain("connectionstate-pages");
    expect(code).not.toMatch(/\bimport\s*\(|\bfrom\s*"/);
    expect(code).not.toMatch(/SetPlan|ReportSignal/);
  });
});

describe("newLosses", () => {
  const works = connection("a", State.CONNECTED);
  const lost = connection("a", State.REVOKED);
  const acknowledged = connection("a", State.REVOKED, { acknowledged: true });
  const other = connection("b", State.DELETED);

  it("names each loss once, and those that were there before the first list", () => {
    expect(newLosses(undefined, list(lost, other)).map(({ page }) => page?.pageId)).toEqual(["a", "b"]);
    expect(newLosses(list(works, other), list(lost, other))).toEqual([lost]);
    expect(newLosses(list(lost, other), list(lost, other))).toEqual([]);
    expect(newLosses(list(works), list(lost))).toEqual([lost]);
  });

  it("does not name a loss that was acknowledged", () => {
    expect(newLosses(undefined, list(acknowledged, works))).toEqual([]);
  });
});

describe("the attribute page", () => {
  it("names provider and page", () => {
    for (const page of ["facebook/1234", "zalo/oa-5"]) expect(formatPage(parsePage(page)!)).toBe(page);
    expect(parsePage("zalo/5")?.provider).toBe(Provider.ZALO);
  });

  it.each([null, "", "facebook", "facebook/", "telegram/1", "facebook/1/2", "facebook/a b"])("is ignored if it is %j", (value) => {
    expect(parsePage(value)).toBeUndefined();
  });
});
