import { Code, ConnectError } from "@connectrpc/connect";
import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { toFailure } from "../src/failure.js";
import { newRequestId, retryWithRequestId } from "../src/retry.js";
import { ErrorInfoSchema } from "../src/gen/google/rpc/error_details_pb.js";

const noDelay = () => Promise.resolve();

function serviceError(reason: string, code: Code, metadata: Record<string, string> = {}): ConnectError {
  const info = create(ErrorInfoSchema, { reason, domain: "connectionstate", metadata });
  return new ConnectError("message", code, undefined, [{ desc: ErrorInfoSchema, value: info }]);
}

describe("retryWithRequestId", () => {
  it.each([
    ["the browser could not reach the server", ConnectError.from(new TypeError("Failed to fetch"))],
    ["the reply was cut off", new ConnectError("missing trailer", Code.Unknown)],
    ["the call timed out", new ConnectError("the operation timed out", Code.DeadlineExceeded)],
    ["a proxy could not reach the server", new ConnectError("HTTP 503", Code.Unavailable)],
    ["the store is unavailable", serviceError("STORE_UNAVAILABLE", Code.Unavailable)],
    ["of a concurrent change", serviceError("CONCURRENT_CHANGE", Code.Aborted)],
  ])("retries with the same id when %s", async (_, error) => {
    const ids: string[] = [];
    const reply = await retryWithRequestId(async (id: string) => {
      ids.push(id);
      if (ids.length < 3) throw error;
      return "done";
    }, noDelay);

    expect(reply).toBe("done");
    expect(ids).toEqual([ids[0], ids[0], ids[0]]);
  });

  it.each([
    ["the request was refused", serviceError("CONSENT_REQUIRED", Code.FailedPrecondition)],
    ["the service gives an unknown reason", serviceError("NEW", Code.Unknown)],
    ["of an internal error", new ConnectError("bug", Code.Internal)],
    ["the call was canceled", new ConnectError("gone", Code.Canceled)],
  ])("does not retry when %s", async (_, error) => {
    let sent = 0;
    const refused = retryWithRequestId(async () => {
      sent++;
      throw error;
    }, noDelay);

    await expect(refused).rejects.toBe(error);
    expect(sent).toBe(1);
  });

  it("gives up after four attempts", async () => {
    let sent = 0;
    const lost = retryWithRequestId(async () => {
      sent++;
      throw new ConnectError("gone", Code.Unavailable);
    }, noDelay);

    await expect(lost).rejects.toThrow("gone");
    expect(sent).toBe(4);
  });

  it("newRequestId returns a valid and unique id", () => {
    const ids = Array.from({ length: 100 }, newRequestId);

    expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(100);
  });
});

describe("toFailure", () => {
  it("returns the service's reason and metadata", () => {
    const error = serviceError("PAGE_QUOTA_EXCEEDED", Code.ResourceExhausted, { used: "3", limit: "3" });

    expect(toFailure(error)).toEqual({ reason: "PAGE_QUOTA_EXCEEDED", values: { used: "3", limit: "3" }, message: "message" });
  });

  it("returns UNREACHABLE or UNEXPECTED for an error without a reason", () => {
    expect(toFailure(new TypeError("Failed to fetch")).reason).toBe("UNREACHABLE");
    expect(toFailure(new ConnectError("bug", Code.Internal)).reason).toBe("UNEXPECTED");
  });
});
