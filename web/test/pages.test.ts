import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import {
  Cause,
  Connection_State as State,
  ConnectSession_Step as Step,
  ConnectSessionSchema,
  Health,
  isSuspect,
  needsNotice,
  Plan,
  nextScreenAfter,
  openSessionFor,
  Provider,
  QuotaSchema,
} from "@connectionstate/client";
import { ifStateUnchanged, effectiveBoughtPages, canAuthorize, initialInboxPage, reconnectable, sessionsHoldingSlots, tokenEnd, wasHandledElsewhere, addBlockedReason } from "../src/state/pages";
import { connection, list, ref } from "./samples";

const nextOf = (of: ReturnType<typeof list>, pageId: string) => {
  const next = nextScreenAfter(of, ref(pageId));
  return "page" in next ? next.page.pageId : next.connect;
};

describe("tokenEnd", () => {
  const endOf = (state: State, now: number) => tokenEnd(connection("a", state, { expiresAt: timestampFromMs(5_000) }), now);

  it("is returned while the page is connected and after the token expired", () => {
    expect([endOf(State.CONNECTED, 1_000), endOf(State.CONNECTED, 6_000), endOf(State.EXPIRED, 6_000)]).toEqual([5_000, 5_000, 5_000]);
  });

  it("is undefined if the provider invalidated the token before its end, and after any other loss", () => {
    expect([endOf(State.EXPIRED, 1_000), endOf(State.REVOKED, 6_000), tokenEnd(connection("a"), 1_000)]).toEqual([undefined, undefined, undefined]);
  });
});

describe("addBlockedReason", () => {
  const withQuota = (used: number, limit: number) => ({ ...list(), quota: create(QuotaSchema, { used, limit, overLimit: used > limit }) });

  it("is undefined below the limit only", () => {
    expect(addBlockedReason(withQuota(2, 3))).toBeUndefined();
    expect(addBlockedReason(withQuota(3, 3))).toBe("full");
    expect(addBlockedReason(withQuota(3, 1))).toBe("over");
  });

  it("does not suggest to buy pages on a trial, where they do not count", () => {
    const trial = create(QuotaSchema, { used: 1, limit: 1, bought: 2, plan: Plan.TRIAL });
    const standard = create(QuotaSchema, { used: 5, limit: 5, bought: 2, plan: Plan.STANDARD });

    expect([trial, standard].map((quota) => addBlockedReason({ ...list(), quota }))).toEqual(["fullOnTrial", "full"]);
    expect([trial, standard].map(effectiveBoughtPages)).toEqual([0, 2]);
  });
});

describe("initialInboxPage and wasHandledElsewhere", () => {
  it("the inbox opens with the first connected page", () => {
    expect(initialInboxPage(list(connection("a", State.REVOKED), connection("b")))?.page?.pageId).toBe("b");
    expect(initialInboxPage(list(connection("a", State.REVOKED)))?.page?.pageId).toBe("a");
    expect(initialInboxPage(list())).toBeUndefined();
  });

  it("a page was handled elsewhere if it was acknowledged or left the list", () => {
    const lost = connection("a", State.REVOKED);
    const before = list(lost, connection("b"));

    expect(wasHandledElsewhere(before, list({ ...lost, acknowledged: true }, connection("b")), ref("a"))).toBe(true);
    expect(wasHandledElsewhere(before, list(connection("b")), ref("a"))).toBe(true);
  });

  it("a page was handled elsewhere if it left the list and came back for a session that waits for it", () => {
    const displaced = connection("a", State.DISCONNECTED, { cause: Cause.SIGNED_IN_ELSEWHERE });

    expect(wasHandledElsewhere(list(displaced), list(connection("a", State.PENDING)), ref("a"))).toBe(true);
    expect(wasHandledElsewhere(list(), list(connection("a", State.PENDING)), ref("a"))).toBe(false);
  });

  it("a page was not handled elsewhere if it only changed its state or was never seen", () => {
    const understood = list(connection("a", State.REVOKED, { acknowledged: true }));

    expect(wasHandledElsewhere(undefined, understood, ref("a"))).toBe(false);
    expect(wasHandledElsewhere(understood, understood, ref("a"))).toBe(false);
    expect(wasHandledElsewhere(list(connection("a")), list(connection("a", State.REVOKED)), ref("a"))).toBe(false);
    expect(wasHandledElsewhere(list(connection("b")), list(), ref("a"))).toBe(false);
  });
});

describe("reconnectable", () => {
  const displaced = { cause: Cause.SIGNED_IN_ELSEWHERE };
  const lost = [
    connection("works"),
    connection("revoked", State.REVOKED),
    connection("expired", State.EXPIRED, { acknowledged: true }),
    connection("deleted", State.DELETED),
    connection("displaced", State.DISCONNECTED, displaced),
    connection("oa", State.REVOKED, { page: ref("oa", Provider.ZALO) }),
  ];
  const withQuota = (used: number) => ({ ...list(...lost), quota: create(QuotaSchema, { limit: 4, used }) });
  const idsOf = (used: number, provider: Provider) => reconnectable(withQuota(used), provider).map(({ page }) => page?.pageId);

  it("returns the lost pages of the provider", () => {
    expect(idsOf(3, Provider.FACEBOOK)).toEqual(["revoked", "expired", "deleted", "displaced"]);
    expect(idsOf(3, Provider.ZALO)).toEqual(["oa"]);
  });

  it("returns only pages that kept their slot if no other slot is free", () => {
    expect(idsOf(4, Provider.FACEBOOK)).toEqual(["revoked", "expired"]);
  });
});

describe("ifStateUnchanged", () => {
  const asked = connection("a");

  it("returns the current form of the connection", () => {
    const renamed = connection("a", State.CONNECTED, { pageName: "New name" });

    expect(ifStateUnchanged(list(connection("b"), renamed), asked)).toBe(renamed);
  });

  it("is undefined once the page has left the list or changed its state", () => {
    expect(ifStateUnchanged(list(connection("b")), asked)).toBeUndefined();
    expect(ifStateUnchanged(list(connection("a", State.REVOKED)), asked)).toBeUndefined();
    expect(ifStateUnchanged(undefined, asked)).toBeUndefined();
  });
});

describe("a suspect page", () => {
  const suspect = connection("a", State.CONNECTED, { health: Health.SUSPECT });

  it("needs no notice, and stays the next page and the first of the inbox", () => {
    expect(isSuspect(suspect)).toBe(true);
    expect(isSuspect(connection("a", State.CONNECTED, { health: Health.OK }))).toBe(false);
    expect(needsNotice(suspect)).toBe(false);
    expect(nextOf(list(connection("b"), suspect), "b")).toBe("a");
    expect(initialInboxPage(list(suspect, connection("b")))).toBe(suspect);
  });
});

describe("canAuthorize", () => {
  const displaced = connection("a", State.DISCONNECTED, { cause: Cause.SIGNED_IN_ELSEWHERE });
  const withQuota = (used: number) => ({ ...list(), quota: create(QuotaSchema, { used, limit: 3 }) });

  it("is true for lost pages and for pages that work", () => {
    const states = [State.CONNECTED, State.EXPIRED, State.REVOKED, State.DELETED, State.PENDING, State.REFUSED];

    expect(states.map((state) => canAuthorize(withQuota(2), connection("a", state)))).toEqual([true, true, true, true, false, false]);
    expect(canAuthorize(withQuota(2), displaced)).toBe(true);
  });

  it("is false for a lost page without a slot when the list is full", () => {
    expect([displaced, connection("a", State.DELETED), connection("a", State.EXPIRED)].map((one) => canAuthorize(withQuota(3), one))).toEqual([false, false, true]);
  });
});

describe("open sessions", () => {
  const session = (sessionId: string, step: Step, page?: string, reconnectPage?: string) =>
    create(ConnectSessionSchema, { sessionId, step, page: page === undefined ? undefined : ref(page), reconnectPage: reconnectPage === undefined ? undefined : ref(reconnectPage) });
  const withSessions = {
    ...list(connection("works"), connection("waits", State.PENDING), connection("expired", State.EXPIRED), connection("deleted", State.DELETED)),
    sessions: [
      session("again", Step.CONSENT, "works", "works"),
      session("new", Step.CONSENT, "waits"),
      session("renews", Step.SIGN_IN, undefined, "expired"),
      session("renews-too", Step.CHOOSE_PAGE, undefined, "expired"),
      session("restores", Step.CONSENT, "deleted", "deleted"),
      session("other", Step.CHOOSE_PAGE),
    ],
  };

  it("are found by the page that they chose or were begun for, the newest first", () => {
    expect(["waits", "expired", "deleted", "gone"].map((page) => openSessionFor(withSessions, ref(page))?.sessionId)).toEqual(["new", "renews-too", "restores", undefined]);
  });

  it("hold a slot for a page that has none without them", () => {
    expect(sessionsHoldingSlots(withSessions).map(({ sessionId }) => sessionId)).toEqual(["new", "restores"]);
  });
});
