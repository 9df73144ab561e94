import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type StreamResponse, type UnaryRequest, type UnaryResponse } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sendToken } from "../src/tokenSource.js";
import { toFailure } from "../src/failure.js";
import { ErrorInfoSchema } from "../src/gen/google/rpc/error_details_pb.js";
import { AccessToken } from "../src/accessToken.js";
import { monotonicClock } from "../src/monotonicClock.js";

let token: AccessToken;
const calls = { due: vi.fn(), change: vi.fn(), end: vi.fn() };
const minute = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
  token = new AccessToken({
    now: Date.now,
    monotonicNow: monotonicClock(Date.now, () => performance.now()),
    setTimer: (milliseconds, callback) => {
      const timer = setTimeout(callback, milliseconds);
      return () => clearTimeout(timer);
    },
  });
  Object.assign(token, { onDue: calls.due, onChange: calls.change, onEnd: calls.end });
});

afterEach(() => {
  vi.clearAllMocks();
  vi.useRealTimers();
});

describe("AccessToken", () => {
  it("asks for the next token at 80 % of its lifetime, and every five seconds until it is there", () => {
    token.set("first", Date.now() + 10 * minute);
    vi.advanceTimersByTime(8 * minute - 1);
    expect(calls.due).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(calls.due).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(10_000);
    expect(calls.due).toHaveBeenCalledTimes(3);

    token.set("second", Date.now() + 10 * minute);
    vi.advanceTimersByTime(8 * minute - 1);
    expect(calls.due).toHaveBeenCalledTimes(3);
    expect(calls.end).not.toHaveBeenCalled();
    expect(token.current).toBe("second");
  });

  it("ends at its expiry, and begins again with another token", () => {
    token.set("first", Date.now() + 3_000);
    vi.advanceTimersByTime(2_999);
    expect(token.hasEnded).toBe(false);
    vi.advanceTimersByTime(1);
    expect(token.hasEnded).toBe(true);
    vi.advanceTimersByTime(minute);
    expect(calls.end).toHaveBeenCalledOnce();

    token.set("second", Date.now() + minute);
    expect(token.hasEnded).toBe(false);
    expect(calls.change).toHaveBeenCalledTimes(2);
  });

  it("lives as long as it was meant to when the time of day is set back", () => {
    token.set("first", Date.now() + 10 * minute);
    vi.setSystemTime(Date.now() - 60 * minute);
    vi.advanceTimersByTime(10 * minute);

    expect(token.hasEnded).toBe(true);
  });

  it.each([undefined, Date.UTC(2000, 0)])("is left to the server to judge if it expires at %s", (expiresAt) => {
    token.set("first", expiresAt);
    vi.advanceTimersByTime(1_000 * minute);

    expect(token.hasEnded).toBe(false);
    expect(calls.due).not.toHaveBeenCalled();
  });

  it("is usable until it ends or is refused, and again with another one", () => {
    expect(token.isUsable).toBe(false);
    token.set("first", Date.now() + minute);
    expect(token.isUsable).toBe(true);
    token.refuse();
    expect(token.isUsable).toBe(false);

    token.set("second", Date.now() + minute);
    expect(token.isUsable).toBe(true);
    vi.advanceTimersByTime(minute);
    expect(token.isUsable).toBe(false);
  });

  it("is another one only if it differs", () => {
    token.set("first", Date.now() + minute);
    token.set("first", Date.now() + 2 * minute);

    expect(calls.change).toHaveBeenCalledOnce();
  });

  it("asks for another one when it is refused, but not all the time", () => {
    for (let i = 0; i < 10; i++) {
      token.refuse();
      vi.advanceTimersByTime(1_000);
    }

    expect(calls.due).toHaveBeenCalledTimes(2);
  });
});

describe("sendToken", () => {
  const header = new Headers();
  const request = { header } as UnaryRequest;
  const send = (next: () => Promise<UnaryResponse | StreamResponse>) => sendToken(token)(next as never)(request);
  const refusal = new ConnectError("no", Code.Unauthenticated, undefined, [
    { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason: "TOKEN_REVOKED", domain: "connectionstate" }) },
  ]);

  beforeEach(() => header.delete("authorization"));

  it("sends the token with a call, and nothing without one", async () => {
    await send(async () => ({ stream: false }) as UnaryResponse);
    expect(header.has("authorization")).toBe(false);

    token.set("first");
    await send(async () => ({ stream: false }) as UnaryResponse);
    expect(header.get("authorization")).toBe("Bearer first");
  });

  it("sends nothing once the token has ended, and fails as the server would", async () => {
    token.set("first", Date.now() + 1_000);
    vi.advanceTimersByTime(1_000);
    const next = vi.fn();

    const failure = toFailure(await send(next).catch((error: unknown) => error));

    expect(failure.reason).toBe("TOKEN_EXPIRED");
    expect(next).not.toHaveBeenCalled();
  });

  it("asks for another token when a call is refused", async () => {
    await expect(send(() => Promise.reject(refusal))).rejects.toBe(refusal);

    expect(calls.due).toHaveBeenCalledOnce();
  });

  it("asks for another token when a stream ends with its token", async () => {
    async function* messages() {
      yield 1;
      throw refusal;
    }
    const response = await send(async () => ({ stream: true, message: messages() }) as unknown as StreamResponse);
    const read: unknown[] = [];

    await expect(
      (async () => {
        for await (const message of (response as StreamResponse).message) read.push(message);
      })(),
    ).rejects.toBe(refusal);
    expect(read).toEqual([1]);
    expect(calls.due).toHaveBeenCalledOnce();
  });

  it("asks for no other token when a call fails for another reason", async () => {
    await expect(send(() => Promise.reject(new ConnectError("gone", Code.Unavailable)))).rejects.toThrow();

    expect(calls.due).not.toHaveBeenCalled();
  });
});
