import { describe, expect, it } from "vitest";
import { Trigger, type Change } from "../src/api/gen/connectionstate/v1/change_pb";
import { Cause, Connection_State as State } from "../src/api/gen/connectionstate/v1/page_pb";
import { append, outagesOf } from "../src/state/history";
import { move } from "./samples";

const { CONNECTED, DELETED, DISCONNECTED, EXPIRED, PENDING, REFUSED, REVOKED, UNSPECIFIED } = State;
const day = 86_400_000;

const lose = (at: number, more = {}) => move(at, Trigger.REVOKE, CONNECTED, REVOKED, { cause: Cause.PERMISSION_REVOKED, ...more });
const leave = (at: number, from = CONNECTED) => move(at, Trigger.DISCONNECT, from, DISCONNECTED, { cause: Cause.MERCHANT_DISCONNECTED });
const request = (at: number, from: State, more = {}) => move(at, Trigger.REQUEST, from, PENDING, more);
const refuse = (at: number, cause: Cause) => move(at, Trigger.REFUSE, PENDING, REFUSED, { cause });
const grant = (at: number, more = {}) => move(at, Trigger.GRANT, PENDING, CONNECTED, { since: at - 1, ...more });

/** How long the page was out, as the last of the changes tells. */
const toldBy = (...changes: readonly Change[]) => outagesOf(changes).get(changes.at(-1)!);

describe("how long a page was out", () => {
  it("is told when its token is renewed, as the server tells it", () => {
    const back = move(9_000, Trigger.RENEW, EXPIRED, CONNECTED, { since: 4_000 });

    expect(toldBy(back)).toBe(5_000);
    expect(toldBy(move(4_000, Trigger.EXPIRE, CONNECTED, EXPIRED), back)).toBe(5_000);
  });

  it("is told when it was connected anew, from when it was lost", () => {
    expect(toldBy(lose(1_000), request(6_000, REVOKED, { since: 1_000 }), lose(6_500, { pageId: "b" }), grant(7_000))).toBe(6_000);
  });

  it("counts from when it first stopped working, whatever else it lost until it came back", () => {
    const monday = move(day, Trigger.EXPIRE, CONNECTED, EXPIRED, { cause: Cause.TOKEN_EXPIRED });
    const tuesday = move(2 * day, Trigger.REVOKE, EXPIRED, REVOKED, { since: day });

    expect(toldBy(monday, tuesday, request(3 * day - 1, REVOKED, { since: 2 * day }), grant(3 * day))).toBe(2 * day);
  });

  it("counts on over attempts that were refused or ran out of time", () => {
    for (const cause of [Cause.CONSENT_REFUSED, Cause.SESSION_TIMED_OUT]) {
      expect(toldBy(lose(1_000), request(2_000, REVOKED), refuse(3_000, cause), request(8_000, REFUSED, { since: 3_000 }), grant(9_000))).toBe(8_000);
    }
  });

  it("is told of a page that was lost to another account, and of one that was deleted", () => {
    const displaced = move(1_000, Trigger.DISPLACE, CONNECTED, DISCONNECTED, { cause: Cause.SIGNED_IN_ELSEWHERE });
    const deleted = move(1_000, Trigger.DELETE, CONNECTED, DELETED, { cause: Cause.PAGE_DELETED });

    expect(toldBy(displaced, request(4_000, DISCONNECTED, { since: 1_000 }), grant(5_000))).toBe(4_000);
    expect(toldBy(deleted, request(4_000, DELETED, { since: 1_000 }), grant(5_000))).toBe(4_000);
  });

  it("is not told of a page that its merchant had disconnected", () => {
    expect(toldBy(leave(1_000), request(30 * day, DISCONNECTED, { since: 1_000 }), grant(30 * day + 1))).toBeUndefined();
    expect(toldBy(lose(1_000), leave(2_000, REVOKED), request(9_000, DISCONNECTED, { since: 2_000 }), grant(9_500))).toBeUndefined();
  });

  it("is told of each outage by itself", () => {
    const changes = [lose(1_000), request(2_000, REVOKED, { since: 1_000 }), grant(3_000), lose(7_000), request(8_000, REVOKED, { since: 7_000 }), grant(8_500)];

    expect([...outagesOf(changes).values()]).toEqual([2_000, 1_500]);
  });

  it("is not told of a page that was not out", () => {
    expect(toldBy(move(9_000, Trigger.RENEW, CONNECTED, CONNECTED, { since: 4_000 }))).toBeUndefined();
    expect(toldBy(lose(9_000))).toBeUndefined();
    expect(toldBy(request(1_000, UNSPECIFIED), refuse(2_000, Cause.CONSENT_REFUSED), request(6_000, REFUSED), grant(7_000))).toBeUndefined();
    const lostWhilePending = move(2_000, Trigger.REVOKE, PENDING, REVOKED, { cause: Cause.PERMISSION_REVOKED });
    expect(toldBy(request(1_000, UNSPECIFIED), lostWhilePending, request(6_000, REVOKED, { since: 2_000 }), grant(7_000))).toBeUndefined();
  });

  it("is told as far as it is known where the beginning is no longer kept", () => {
    expect(toldBy(request(6_000, REVOKED, { since: 1_000 }), grant(7_000))).toBe(6_000);
    // What came before may have been the merchant's own doing.
    for (const from of [DISCONNECTED, REFUSED]) expect(toldBy(request(6_000, from, { since: 1_000 }), grant(7_000))).toBeUndefined();
  });

  it("is found over any number of changes of other pages", () => {
    const others = Array.from({ length: 500 }, (_, index) => move(1_001 + index, Trigger.RENEW, CONNECTED, CONNECTED, { pageId: "b" }));

    expect(toldBy(lose(1_000), request(1_000, REVOKED, { since: 1_000 }), ...others, grant(7_000))).toBe(6_000);
  });
});

describe("a history that is read on", () => {
  it("has each revision once", () => {
    const [one, two, three] = [1, 2, 3].map((at) => move(at, Trigger.RENEW, CONNECTED, CONNECTED));

    expect(append([one!, two!], [two!, three!])).toEqual([one, two, three]);
  });
});
