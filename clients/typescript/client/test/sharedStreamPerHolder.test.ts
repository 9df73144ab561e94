import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { browserEnvironment } from "../src/environment.js";
import { AccessToken } from "../src/index.js";
import { shareStreamPerHolder } from "../src/sharedStream.js";
import { holderOf } from "../src/tokenSource.js";

const encode = (claims: object) => Buffer.from(JSON.stringify(claims)).toString("base64url");
const jwt = (claims: object) => `${encode({ alg: "ES256" })}.${encode(claims)}.signature`;

describe("holderOf", () => {
  const an = { sub: "Nguyễn An", merchant_id: "shop-1", scope: "merchant" };

  it("is the same for all tokens of a person, whenever they were issued", () => {
    const other = { iat: 3, exp: 4, nbf: 3, jti: "other", issued_at_ms: 3_000, scope: an.scope, merchant_id: an.merchant_id, sub: an.sub };

    expect(holderOf(jwt({ ...an, iat: 1, exp: 2, jti: "one", issued_at_ms: 1_000 }))).toBe(holderOf(jwt(other)));
  });

  it("differs between people, merchants and rights, and without a token", () => {
    const tokens = [undefined, an, { ...an, sub: "Bình" }, { ...an, merchant_id: "shop-2" }, { ...an, scope: "support" }];

    expect(new Set(tokens.map((claims) => holderOf(claims && jwt(claims)))).size).toBe(tokens.length);
  });

  it.each(["opaque", "a.b.c", "", "..", `a.${Buffer.from("null").toString("base64url")}.c`])("is not known from %j", (token) => {
    expect(holderOf(token)).toBeUndefined();
  });
});

describe("shareStreamPerHolder", () => {
  const channels: string[] = [];
  const openChannel = (holder: string) => {
    channels.push(holder);
    return { postMessage: () => {}, close: () => {}, onmessage: null };
  };

  beforeEach(() => {
    vi.useFakeTimers();
    channels.length = 0;
  });
  afterEach(() => vi.useRealTimers());

  async function read(token: Pick<AccessToken, "current" | "hasEnded">, ready = () => Promise.resolve()) {
    let opened = 0;
    const open = async function* () {
      opened++;
    };
    const stream = shareStreamPerHolder(open, { token, ready }, openChannel, browserEnvironment());
    const reading = (async () => {
      for await (const message of stream(undefined, new AbortController().signal)) void message;
    })();
    await vi.advanceTimersByTimeAsync(1_000);
    await reading;
    return opened;
  }

  it("opens one channel per holder", async () => {
    const [an, binh] = [jwt({ sub: "An", exp: 1 }), jwt({ sub: "Bình" })];
    for (const current of [an, binh, jwt({ sub: "An", exp: 2 }), undefined]) await read({ current, hasEnded: false });

    expect(channels).toEqual([holderOf(an), holderOf(binh), holderOf(an), ""]);
  });

  it.each([
    { current: jwt({ sub: "An" }), hasEnded: true },
    { current: "opaque", hasEnded: false },
  ])("asks the service, not another tab, with the token $current that has ended: $hasEnded", async (token) => {
    expect(await read(token)).toBe(1);
    expect(channels).toEqual([]);
  });

  it("reads the token after it was fetched, and lets the call tell that none could be", async () => {
    const token = new AccessToken();
    const an = jwt({ sub: "An" });
    await read(token, async () => token.set(an));
    expect(channels).toEqual([holderOf(an)]);
    expect(await read(new AccessToken(), () => Promise.reject(new Error("no session")))).toBe(1);
  });
});
