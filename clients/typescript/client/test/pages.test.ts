import { describe, expect, it } from "vitest";
import { canSend, holdsSlot, isLost, needsNotice, nextScreenAfter, Cause, Provider, State } from "../src/index.js";
import { connection, list, ref } from "./samples.js";

const nextOf = (of: ReturnType<typeof list>, pageId: string) => {
  const next = nextScreenAfter(of, ref(pageId));
  return "page" in next ? next.page.pageId : next.connect;
};

describe("nextScreenAfter", () => {
  it("R17 and R20: is the following page that is connected, and the first after the last", () => {
    const pages = list(connection("a"), connection("b", State.EXPIRED), connection("c", State.PENDING), connection("d"));

    expect(["a", "b", "c", "d"].map((page) => nextOf(pages, page))).toEqual(["d", "d", "d", "a"]);
  });

  it("R18 and R21: is the connect screen of the page's provider if no other page is connected", () => {
    expect(nextOf(list(connection("a"), connection("b", State.REVOKED)), "a")).toBe(Provider.FACEBOOK);
    expect(nextScreenAfter(list(), ref("oa", Provider.ZALO))).toEqual({ connect: Provider.ZALO });
  });
});

// What each state means, written out by hand.
describe.each([
  { state: State.PENDING, cause: Cause.UNSPECIFIED, lost: false, sends: false, slot: true },
  { state: State.CONNECTED, cause: Cause.UNSPECIFIED, lost: false, sends: true, slot: true },
  { state: State.REFUSED, cause: Cause.CONSENT_REFUSED, lost: false, sends: false, slot: false },
  { state: State.EXPIRED, cause: Cause.TOKEN_EXPIRED, lost: true, sends: false, slot: true },
  { state: State.REVOKED, cause: Cause.ROLE_LOST, lost: true, sends: false, slot: true },
  { state: State.DELETED, cause: Cause.PAGE_DELETED, lost: true, sends: false, slot: false },
  { state: State.DISCONNECTED, cause: Cause.SIGNED_IN_ELSEWHERE, lost: true, sends: false, slot: false },
  { state: State.DISCONNECTED, cause: Cause.MERCHANT_DISCONNECTED, lost: false, sends: false, slot: false },
])("a connection in state $state for cause $cause", ({ state, cause, lost, sends, slot }) => {
  it("is what the service says it is", () => {
    const one = connection("a", state, { cause });

    expect([isLost(one), canSend(one), holdsSlot(one)]).toEqual([lost, sends, slot]);
    expect(needsNotice(one)).toBe(lost);
    expect(needsNotice({ ...one, acknowledged: true })).toBe(false);
  });
});
