import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { Cause, type Change, ChangeSchema, Connection_State as State, Health, Trigger } from "@connectionstate/client";
import { appendChanges, outageDurations, pageOf } from "../src/state/history";
import { move, ref } from "./samples";

const { CONNECTED, DELETED, DISCONNECTED, EXPIRED, PENDING, REFUSED, REVOKED, UNSPECIFIED } = State;
const day = 86_400_000;

const revoke = (at: number, more = {}) => move(at, Trigger.REVOKE, CONNECTED, REVOKED, { cause: Cause.PERMISSION_REVOKED, ...more });
const disconnect = (at: number, from = CONNECTED) => move(at, Trigger.DISCONNECT, from, DISCONNECTED, { cause: Cause.MERCHANT_DISCONNECTED });
const request = (at: number, from: State, more = {}) => move(at, Trigger.REQUEST, from, PENDING, more);
const refuse = (at: number, cause: Cause) => move(at, Trigger.REFUSE, PENDING, REFUSED, { cause });
const grant = (at: number, more = {}) => move(at, Trigger.GRANT, PENDING, CONNECTED, { since: at - 1, ...more });

/** The outage that the last change ended. */
const outageEndedByLast = (...changes: readonly Change[]) => outageDurations(changes).get(changes.at(-1)!);

describe("outageDurations", () => {
  it("counts until the token is renewed", () => {
    const back = move(9_000, Trigger.RENEW, EXPIRED, CONNECTED, { since: 4_000 });

    expect(outageEndedByLast(back)).toBe(5_000);
    expect(outageEndedByLast(move(4_000, Trigger.EXPIRE, CONNECTED, EXPIRED), back)).toBe(5_000);
  });

  it("counts from the loss until the page is reconnected", () => {
    expect(outageEndedByLast(revoke(1_000), request(6_000, REVOKED, { since: 1_000 }), revoke(6_500, { pageId: "b" }), grant(7_000))).toBe(6_000);
  });

  it("counts from the first loss if others follow", () => {
    const monday = move(day, Trigger.EXPIRE, CONNECTED, EXPIRED, { cause: Cause.TOKEN_EXPIRED });
    const tuesday = move(2 * day, Trigger.REVOKE, EXPIRED, REVOKED, { since: day });

    expect(outageEndedByLast(monday, tuesday, request(3 * day - 1, REVOKED, { since: 2 * day }), grant(3 * day))).toBe(2 * day);
  });

  it("begins anew with an import: what came before happened in another store", () => {
    const imported = create(ChangeSchema, { revision: 3_000n, kind: { case: "imported", value: { source: "a file" } } });

    expect(outageEndedByLast(revoke(1_000), imported, move(9_000, Trigger.RENEW, CONNECTED, CONNECTED))).toBe(undefined);
    expect(outageEndedByLast(revoke(1_000), imported, move(9_000, Trigger.RENEW, EXPIRED, CONNECTED, { since: 4_000 }))).toBe(5_000);
  });

  it("includes attempts that were refused or timed out", () => {
    for (const cause of [Cause.CONSENT_REFUSED, Cause.SESSION_TIMED_OUT]) {
      expect(outageEndedByLast(revoke(1_000), request(2_000, REVOKED), refuse(3_000, cause), request(8_000, REFUSED, { since: 3_000 }), grant(9_000))).toBe(8_000);
    }
  });

  it("includes displaced and deleted pages", () => {
    const displaced = move(1_000, Trigger.DISPLACE, CONNECTED, DISCONNECTED, { cause: Cause.SIGNED_IN_ELSEWHERE });
    const deleted = move(1_000, Trigger.DELETE, CONNECTED, DELETED, { cause: Cause.PAGE_DELETED });

    expect(outageEndedByLast(displaced, request(4_000, DISCONNECTED, { since: 1_000 }), grant(5_000))).toBe(4_000);
    expect(outageEndedByLast(deleted, request(4_000, DELETED, { since: 1_000 }), grant(5_000))).toBe(4_000);
  });

  it("ignores pages that the merchant disconnected", () => {
    expect(outageEndedByLast(disconnect(1_000), request(30 * day, DISCONNECTED, { since: 1_000 }), grant(30 * day + 1))).toBeUndefined();
    expect(outageEndedByLast(revoke(1_000), disconnect(2_000, REVOKED), request(9_000, DISCONNECTED, { since: 2_000 }), grant(9_500))).toBeUndefined();
  });

  it("returns each outage separately", () => {
    const changes = [revoke(1_000), request(2_000, REVOKED, { since: 1_000 }), grant(3_000), revoke(7_000), request(8_000, REVOKED, { since: 7_000 }), grant(8_500)];

    expect([...outageDurations(changes).values()]).toEqual([2_000, 1_500]);
  });

  it("returns nothing for a page that was not out", () => {
    expect(outageEndedByLast(move(9_000, Trigger.RENEW, CONNECTED, CONNECTED, { since: 4_000 }))).toBeUndefined();
    expect(outageEndedByLast(revoke(9_000))).toBeUndefined();
    expect(outageEndedByLast(request(1_000, UNSPECIFIED), refuse(2_000, Cause.CONSENT_REFUSED), request(6_000, REFUSED), grant(7_000))).toBeUndefined();
    const lostWhilePending = move(2_000, Trigger.DELETE, PENDING, DELETED, { cause: Cause.PAGE_DELETED });
    expect(outageEndedByLast(request(1_000, UNSPECIFIED), lostWhilePending, request(6_000, DELETED, { since: 2_000 }), grant(7_000))).toBeUndefined();
  });

  it("ends when a lost page is granted or restored in its place", () => {
    for (const trigger of [Trigger.GRANT, Trigger.RESTORE]) {
      expect(outageEndedByLast(revoke(1_000), move(6_000, trigger, REVOKED, CONNECTED, { since: 1_000 }))).toBe(5_000);
    }
    expect(outageEndedByLast(move(5_000, Trigger.GRANT, CONNECTED, CONNECTED, { since: 1_000 }))).toBeUndefined();
  });

  it("uses from_since if the beginning of the outage was trimmed", () => {
    expect(outageEndedByLast(request(6_000, REVOKED, { since: 1_000 }), grant(7_000))).toBe(6_000);
    // A page that comes straight back was lost.
    expect(outageEndedByLast(move(7_000, Trigger.GRANT, DISCONNECTED, CONNECTED, { since: 1_000 }))).toBe(6_000);
    // The trimmed change may have been a disconnect by the merchant.
    for (const from of [DISCONNECTED, REFUSED]) expect(outageEndedByLast(request(6_000, from, { since: 1_000 }), grant(7_000))).toBeUndefined();
  });

  it("skips any number of changes of other pages", () => {
    const others = Array.from({ length: 500 }, (_, index) => move(1_001 + index, Trigger.RENEW, CONNECTED, CONNECTED, { pageId: "b" }));

    expect(outageEndedByLast(revoke(1_000), request(1_000, REVOKED, { since: 1_000 }), ...others, grant(7_000))).toBe(6_000);
  });
});

describe("appendChanges", () => {
  it("keeps each revision once", () => {
    const [one, two, three] = [1, 2, 3].map((at) => move(at, Trigger.RENEW, CONNECTED, CONNECTED));

    expect(appendChanges([one!, two!], [two!, three!])).toEqual([one, two, three]);
  });
});

describe("pageOf", () => {
  it("is the page whose health changed", () => {
    const change = create(ChangeSchema, { kind: { case: "healthChanged", value: { page: ref("a"), health: Health.SUSPECT } } });

    expect(pageOf(change)?.pageId).toBe("a");
  });
});
