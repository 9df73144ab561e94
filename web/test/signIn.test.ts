import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AccessToken } from "@connectionstate/client";
import { getTokensFromEmbeddingPage, requestType, takeTokenFromAddress, tokenType } from "../src/signIn";

let token: AccessToken;

beforeEach(() => {
  vi.useFakeTimers();
  token = new AccessToken({ now: Date.now, monotonicNow: Date.now, setTimer: () => () => {} });
  vi.spyOn(token, "set");
});

afterEach(() => vi.useRealTimers());

describe("takeTokenFromAddress", () => {
  const history = { replaceState: vi.fn() };
  const take = (hash: string) => takeTokenFromAddress(token, { hash, pathname: "/m/shop-1/pages", search: "?a=b" }, history);

  afterEach(() => vi.clearAllMocks());

  it("takes the token and removes it from the address", () => {
    take("#token=eyJ.a-b_c&expires_at=2026-11-29T00%3A15%3A00Z");

    expect(token.set).toHaveBeenCalledWith("eyJ.a-b_c", Date.UTC(2026, 10, 29, 0, 15));
    expect(history.replaceState).toHaveBeenCalledWith(null, "", "/m/shop-1/pages?a=b");
  });

  it("takes a token without an expiry", () => {
    take("#token=abc&expires_at=soon");

    expect(token.set).toHaveBeenCalledWith("abc", undefined);
  });

  it("does not replace the token of a tab that is signed in, and removes the link's from the address", () => {
    token.set("own");
    take("#token=other");

    expect(token.current).toBe("own");
    expect(history.replaceState).toHaveBeenCalledWith(null, "", "/m/shop-1/pages?a=b");
  });

  it("replaces a token that has ended or that the server has refused", () => {
    token.set("own", Date.now() + 1_000);
    vi.advanceTimersByTime(1_000);
    take("#token=second");
    expect(token.current).toBe("second");

    token.refuse();
    take("#token=third");
    expect(token.current).toBe("third");
  });

  it.each(["", "#main", "#token="])("leaves the address %s as it is", (hash) => {
    take(hash);

    expect(token.set).not.toHaveBeenCalled();
    expect(history.replaceState).not.toHaveBeenCalled();
  });
});

describe("getTokensFromEmbeddingPage", () => {
  const parent = { postMessage: vi.fn() };
  const self = Object.assign(new EventTarget(), { parent });
  const send = (data: unknown, origin = "https://shop.example", source: unknown = parent) =>
    self.dispatchEvent(Object.assign(new Event("message"), { data, origin, source }));
  const answer = { type: tokenType, token: "first", expiresAt: "2026-11-29T00:15:00Z" };

  afterEach(() => vi.clearAllMocks());

  it("asks the allowed origins only, and again when the next token is due", async () => {
    const first = getTokensFromEmbeddingPage(token, self, ["https://shop.example", "https://support.example"]);
    expect(parent.postMessage.mock.calls).toEqual([
      [{ type: requestType }, "https://shop.example"],
      [{ type: requestType }, "https://support.example"],
    ]);

    send(answer);
    await first;
    expect(token.set).toHaveBeenCalledWith("first", Date.UTC(2026, 10, 29, 0, 15));
    token.onDue();
    expect(parent.postMessage).toHaveBeenCalledTimes(4);
  });

  it.each([
    ["of another origin", () => send(answer, "https://evil.example")],
    ["of another window", () => send(answer, undefined, {})],
    ["of another type", () => send({ ...answer, type: "token" })],
    ["without a token", () => send({ type: tokenType, token: 7 })],
    ["without content", () => send(null)],
  ])("ignores a message %s, and waits for two seconds at most", async (_, sendIt) => {
    const first = getTokensFromEmbeddingPage(token, self, ["https://shop.example"]);
    sendIt();
    await vi.advanceTimersByTimeAsync(2_000);
    await first;

    expect(token.set).not.toHaveBeenCalled();
  });

  it("asks nobody if the console is not embedded, or may not be", async () => {
    const top = new EventTarget() as EventTarget & { parent: unknown };
    top.parent = top;
    await getTokensFromEmbeddingPage(token, top as never, ["https://shop.example"]);
    await getTokensFromEmbeddingPage(token, self, []);

    expect(parent.postMessage).not.toHaveBeenCalled();
  });
});
