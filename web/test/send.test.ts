import { Code, ConnectError } from "@connectrpc/connect";
import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { toFailure } from "../src/api/failure";
import { newRequestId, send } from "../src/api/send";
import { ErrorInfoSchema } from "../src/api/gen/google/rpc/error_details_pb";
import { isId } from "../src/state/routes";

const atOnce = () => Promise.resolve();

function told(reason: string, code: Code, metadata: Record<string, string> = {}): ConnectError {
  const info = create(ErrorInfoSchema, { reason, domain: "connectionstate", metadata });
  return new ConnectError("told", code, undefined, [{ desc: ErrorInfoSchema, value: info }]);
}

describe("a request that changes something", () => {
  it.each([
    ["the browser did not reach the server", ConnectError.from(new TypeError("Failed to fetch"))],
    ["the answer was cut off", new ConnectError("missing trailer", Code.Unknown)],
    ["the answer did not come in time", new ConnectError("the operation timed out", Code.DeadlineExceeded)],
    ["a proxy did not reach the server", new ConnectError("HTTP 503", Code.Unavailable)],
    ["the store does not answer", told("STORE_UNAVAILABLE", Code.Unavailable)],
    ["another was faster", told("CONCURRENT_CHANGE", Code.Aborted)],
  ])("is sent again with the same id when %s", async (_, error) => {
    const ids: string[] = [];
    const answer = await send(async (id) => {
      ids.push(id);
      if (ids.length < 3) throw error;
      return "done";
    }, atOnce);

    expect(answer).toBe("done");
    expect(ids).toEqual([ids[0], ids[0], ids[0]]);
  });

  it.each([
    ["it was turned down", told("CONSENT_REQUIRED", Code.FailedPrecondition)],
    ["the service has a reason of another kind", told("NEW", Code.Unknown)],
    ["the service has a bug", new ConnectError("bug", Code.Internal)],
    ["nobody wants it any more", new ConnectError("gone", Code.Canceled)],
  ])("is not sent again when %s", async (_, error) => {
    let sent = 0;
    const refused = send(async () => {
      sent++;
      throw error;
    }, atOnce);

    await expect(refused).rejects.toBe(error);
    expect(sent).toBe(1);
  });

  it("gives up after four times", async () => {
    let sent = 0;
    const lost = send(async () => {
      sent++;
      throw new ConnectError("gone", Code.Unavailable);
    }, atOnce);

    await expect(lost).rejects.toThrow("gone");
    expect(sent).toBe(4);
  });

  it("has an id that the service takes, and a new one each time", () => {
    const ids = Array.from({ length: 100 }, newRequestId);

    expect(ids.every(isId)).toBe(true);
    expect(new Set(ids).size).toBe(100);
  });
});

describe("a failure", () => {
  it("has the service's reason and values", () => {
    const error = told("PAGE_QUOTA_EXCEEDED", Code.ResourceExhausted, { used: "3", limit: "3" });

    expect(toFailure(error)).toEqual({ reason: "PAGE_QUOTA_EXCEEDED", values: { used: "3", limit: "3" }, message: "told" });
  });

  it("without a reason is an outage or a bug", () => {
    expect(toFailure(new TypeError("Failed to fetch")).reason).toBe("UNREACHABLE");
    expect(toFailure(new ConnectError("bug", Code.Internal)).reason).toBe("UNEXPECTED");
  });
});
