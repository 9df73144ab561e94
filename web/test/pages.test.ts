import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { Cause, Connection_State as State, Plan, Provider, QuotaSchema } from "../src/api/gen/connectionstate/v1/page_pb";
import {
  asAsked,
  boughtThatCount,
  firstPage,
  needsNotice,
  nextAfter,
  reconnectable,
  tokenEnd,
  wasSettledElsewhere,
  whyNoAdd,
} from "../src/state/pages";
import { connection, list, ref } from "./samples";

const nextOf = (of: ReturnType<typeof list>, pageId: string) => {
  const next = nextAfter(of, ref(pageId));
  return "page" in next ? next.page.page?.pageId : next.connect;
};

describe("the next page", () => {
  const three = list(connection("a"), connection("b"), connection("c"));

  it("is the one after it, and the first after the last", () => {
    expect(["a", "b", "c"].map((page) => nextOf(three, page))).toEqual(["b", "c", "a"]);
  });

  it("is never one that does not work", () => {
    const some = list(connection("a"), connection("b", State.EXPIRED), connection("c", State.PENDING), connection("d"));

    expect(nextOf(some, "a")).toBe("d");
    expect(nextOf(some, "d")).toBe("a");
  });

  it("is the connect screen of its provider when no other page works", () => {
    expect(nextOf(list(connection("a"), connection("b", State.REVOKED)), "a")).toBe(Provider.FACEBOOK);
    expect(nextAfter(list(), ref("oa", Provider.ZALO))).toEqual({ connect: Provider.ZALO });
  });
});

describe("the notice of a lost connection", () => {
  it("is there for each way to lose one, until it was understood", () => {
    const lost = [
      connection("a", State.EXPIRED, { cause: Cause.TOKEN_EXPIRED }),
      connection("a", State.REVOKED, { cause: Cause.PERMISSION_REVOKED }),
      connection("a", State.REVOKED, { cause: Cause.ROLE_LOST }),
      connection("a", State.DELETED, { cause: Cause.PAGE_DELETED }),
      connection("a", State.DISCONNECTED, { cause: Cause.SIGNED_IN_ELSEWHERE }),
    ];

    expect(lost.map(needsNotice)).toEqual([true, true, true, true, true]);
    expect(lost.map((one) => needsNotice({ ...one, acknowledged: true }))).toEqual([false, false, false, false, false]);
  });

  it("is not there for what the merchant did", () => {
    expect(needsNotice(connection("a", State.DISCONNECTED, { cause: Cause.MERCHANT_DISCONNECTED }))).toBe(false);
    expect(needsNotice(connection("a", State.REFUSED, { cause: Cause.CONSENT_REFUSED }))).toBe(false);
    expect([State.CONNECTED, State.PENDING].map((state) => needsNotice(connection("a", state)))).toEqual([false, false]);
  });
});

describe("the end of a token", () => {
  const tells = (state: State, now: number) => tokenEnd(connection("a", state, { expiresAt: timestampFromMs(5_000) }), now);

  it("is told while the page works, and after the token has run out", () => {
    expect([tells(State.CONNECTED, 1_000), tells(State.CONNECTED, 6_000), tells(State.EXPIRED, 6_000)]).toEqual([5_000, 5_000, 5_000]);
  });

  it("is not told of a token that the provider called invalid before, nor of another loss", () => {
    expect([tells(State.EXPIRED, 1_000), tells(State.REVOKED, 6_000), tokenEnd(connection("a"), 1_000)]).toEqual([undefined, undefined, undefined]);
  });
});

describe("adding a page", () => {
  const withQuota = (used: number, limit: number) => ({ ...list(), quota: create(QuotaSchema, { used, limit, overLimit: used > limit }) });

  it("is offered below the limit only", () => {
    expect(whyNoAdd(withQuota(2, 3))).toBeUndefined();
    expect(whyNoAdd(withQuota(3, 3))).toBe("full");
    expect(whyNoAdd(withQuota(3, 1))).toBe("over");
  });

  it("is not said to be had for money on a trial, on which bought pages do not count", () => {
    const trial = create(QuotaSchema, { used: 1, limit: 1, bought: 2, plan: Plan.TRIAL });
    const standard = create(QuotaSchema, { used: 5, limit: 5, bought: 2, plan: Plan.STANDARD });

    expect([trial, standard].map((quota) => whyNoAdd({ ...list(), quota }))).toEqual(["fullOnTrial", "full"]);
    expect([trial, standard].map(boughtThatCount)).toEqual([0, 2]);
  });
});

describe("the inbox", () => {
  it("opens with the first page that works", () => {
    expect(firstPage(list(connection("a", State.REVOKED), connection("b")))?.page?.pageId).toBe("b");
    expect(firstPage(list(connection("a", State.REVOKED)))?.page?.pageId).toBe("a");
    expect(firstPage(list())).toBeUndefined();
  });

  it("moves on when another tab has understood or disconnected", () => {
    const lost = connection("a", State.REVOKED);
    const before = list(lost, connection("b"));

    expect(wasSettledElsewhere(before, list({ ...lost, acknowledged: true }, connection("b")), ref("a"))).toBe(true);
    expect(wasSettledElsewhere(before, list(connection("b")), ref("a"))).toBe(true);
  });

  it("stays where nobody has done anything about its page", () => {
    const understood = list(connection("a", State.REVOKED, { acknowledged: true }));

    expect(wasSettledElsewhere(undefined, understood, ref("a"))).toBe(false);
    expect(wasSettledElsewhere(understood, understood, ref("a"))).toBe(false);
    expect(wasSettledElsewhere(list(connection("a")), list(connection("a", State.REVOKED)), ref("a"))).toBe(false);
    expect(wasSettledElsewhere(list(connection("b")), list(), ref("a"))).toBe(false);
  });
});

describe("the pages that the connect screen brings back", () => {
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

  it("are the lost ones of that provider, a deleted one excepted", () => {
    expect(idsOf(3, Provider.FACEBOOK)).toEqual(["revoked", "expired", "displaced"]);
    expect(idsOf(3, Provider.ZALO)).toEqual(["oa"]);
  });

  it("are those that kept their slot when no other is free", () => {
    expect(idsOf(4, Provider.FACEBOOK)).toEqual(["revoked", "expired"]);
  });
});

describe("a question about a page", () => {
  const asked = connection("a");

  it("is about the page as it is now", () => {
    const renamed = connection("a", State.CONNECTED, { pageName: "New name" });

    expect(asAsked(list(connection("b"), renamed), asked)).toBe(renamed);
  });

  it("is void once the page has left the list or is in another state", () => {
    expect(asAsked(list(connection("b")), asked)).toBeUndefined();
    expect(asAsked(list(connection("a", State.REVOKED)), asked)).toBeUndefined();
    expect(asAsked(undefined, asked)).toBeUndefined();
  });
});
