import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fillAddress, loadSettings, type Settings } from "../src/api/settings";

describe("loadSettings", () => {
  let reply: (response: Response) => void;
  const received: Settings[] = [];

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => (reply = resolve)));
    received.length = 0;
  });

  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it("waits for the settings", async () => {
    const loaded = loadSettings((settings) => received.push(settings));
    reply(Response.json({ development: true, embeddingOrigins: ["https://shop.example"] }));
    await loaded;

    expect(received).toEqual([{ development: true, embeddingOrigins: ["https://shop.example"], connectUrls: {}, buyMoreUrl: undefined }]);
  });

  it("stops waiting after two seconds, and passes the settings on when they arrive", async () => {
    const loaded = loadSettings((settings) => received.push(settings));
    await vi.advanceTimersByTimeAsync(2_000);
    await loaded;
    expect(received).toEqual([]);

    reply(Response.json({ development: true }));
    await vi.advanceTimersByTimeAsync(0);
    expect(received).toEqual([{ development: true, embeddingOrigins: [], connectUrls: {}, buyMoreUrl: undefined }]);
  });
});

describe("fillAddress", () => {
  it("puts the ids into the address, and nothing of them can be more than a value", () => {
    const address = "https://shop.example/connect?merchant={merchant_id}&session={session_id}";

    expect(fillAddress(address, { merchant: "a&b=c", session: "s#1" })).toBe("https://shop.example/connect?merchant=a%26b%3Dc&session=s%231");
    expect(fillAddress("https://shop.example/buy", { merchant: "shop-1" })).toBe("https://shop.example/buy");
  });
});
