import { describe, expect, it } from "vitest";
import { Provider } from "@connectionstate/client";
import { format, merchantOf, parse, type Route } from "../src/state/routes";

const page = { provider: Provider.ZALO, pageId: "oa:1.x_y-z" };
const merchant = "shop.1:a_b-c";

describe("URLs", () => {
  const routes: readonly Route[] = [
    { at: "start" },
    { at: "fleet" },
    { at: "pages", merchant },
    { at: "add", merchant },
    { at: "connect", merchant, provider: Provider.FACEBOOK },
    { at: "session", merchant, session: "s-1" },
    { at: "inbox", merchant, page },
    { at: "inbox", merchant, page: undefined },
    { at: "history", merchant, page },
    { at: "machine", merchant, page },
    { at: "desk", merchant },
  ];

  it.each(routes)("round-trip through format and parse: %o", (route) => {
    expect(parse(format(route))).toEqual(route);
  });

  it.each(["/m/", "/m/%", "/m/a%20b", "/m/%3Cscript%3E", `/m/${"x".repeat(65)}`, "/other"])("without a valid merchant show the start screen: %s", (path) => {
    expect(parse(path)).toEqual({ at: "start" });
  });

  it("without a valid screen show the pages", () => {
    expect(parse("/m/shop-1")).toEqual({ at: "pages", merchant: "shop-1" });
    expect(parse("/m/shop-1/nowhere")).toEqual({ at: "pages", merchant: "shop-1" });
    expect(parse("/m/shop-1/connect/elsewhere")).toEqual({ at: "add", merchant: "shop-1" });
  });

  it("say whose screen it is", () => {
    expect(["/", "/fleet", "/m/shop-1/history"].map((path) => merchantOf(parse(path)))).toEqual([undefined, undefined, "shop-1"]);
  });
});
