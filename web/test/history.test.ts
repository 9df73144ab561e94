import { describe, expect, it } from "vitest";
import { Trigger } from "../src/api/gen/connectionstate/v1/change_pb";
import { Connection_State as State } from "../src/api/gen/connectionstate/v1/page_pb";
import { append, outageOf } from "../src/state/history";
import { move } from "./samples";

const { CONNECTED, EXPIRED, PENDING, REFUSED, REVOKED, UNSPECIFIED } = State;

describe("how long a page was out", () => {
  it("is told when its token is renewed", () => {
    expect(outageOf(move(9_000, Trigger.RENEW, EXPIRED, CONNECTED, { since: 4_000 }), [])).toBe(5_000);
  });

  it("is told when it was connected anew, from when it was lost", () => {
    const request = move(6_000, Trigger.REQUEST, REVOKED, PENDING, { since: 1_000 });
    const other = move(6_500, Trigger.REQUEST, EXPIRED, PENDING, { pageId: "b", since: 3_000 });

    expect(outageOf(move(7_000, Trigger.GRANT, PENDING, CONNECTED, { since: 6_000 }), [request, other])).toBe(6_000);
  });

  it("is not told of a page that was not out", () => {
    expect(outageOf(move(9_000, Trigger.RENEW, CONNECTED, CONNECTED, { since: 4_000 }), [])).toBeUndefined();
    expect(outageOf(move(9_000, Trigger.REVOKE, CONNECTED, REVOKED, { since: 4_000 }), [])).toBeUndefined();
    for (const from of [UNSPECIFIED, REFUSED]) {
      const request = move(6_000, Trigger.REQUEST, from, PENDING, { since: 1_000 });
      expect(outageOf(move(7_000, Trigger.GRANT, PENDING, CONNECTED, { since: 6_000 }), [request])).toBeUndefined();
    }
  });
});

describe("a history that is read on", () => {
  it("has each revision once", () => {
    const [one, two, three] = [1, 2, 3].map((at) => move(at, Trigger.RENEW, CONNECTED, CONNECTED));

    expect(append([one!, two!], [two!, three!])).toEqual([one, two, three]);
  });
});
