import { Code, ConnectError } from "@connectrpc/connect";
import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { toFailure } from "../src/api/failure";
import { newRequestId, send } from "../src/api/send";
import { ErrorInfoSchema } from "../src/api/gen/google/rpc/error_details_pb";
import { isId } from "../src/state/routes";

const atOnce = () => Promise.resolve();

describe("a request that changes something", () => {
  it("is sent again with the same id while the server is not reached", async () => {
    const ids: string[] = [];
    const answer = await send(async (id) => {
      ids.push(id);
      if (ids.length < 3) throw new ConnectError("gone", Code.Unavailable);
      return "done";
    }, atOnce);

    expect(answer).toBe("done");
    expect(ids).toEqual([ids[0], ids[0], ids[0]]);
  });

  it("is not sent again when it was turned down", async () => {
    let sent = 0;
    const refused = send(async () => {
      sent++;
      throw new ConnectError("no", Code.FailedPrecondition);
    }, atOnce);

    await expect(refused).rejects.toThrow("no");
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
    const info = create(ErrorInfoSchema, { reason: "PAGE_QUOTA_EXCEEDED", domain: "connectionstate", metadata: { used: "3", limit: "3" } });
    const error = new ConnectError("full", Code.ResourceExhausted, undefined, [{ desc: ErrorInfoSchema, value: info }]);

    expect(toFailure(error)).toEqual({ reason: "PAGE_QUOTA_EXCEEDED", values: { used: "3", limit: "3" }, message: "full" });
  });

  it("without a reason is an outage or a bug", () => {
    expect(toFailure(new TypeError("Failed to fetch")).reason).toBe("UNREACHABLE");
    expect(toFailure(new ConnectError("bug", Code.Internal)).reason).toBe("UNEXPECTED");
  });
});
