import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  Candidate_Eligibility as Eligibility,
  CandidateSchema,
  Cause,
  type Connection,
  Connection_State as State,
  ConnectSessionSchema,
} from "@connectionstate/client";
import { currentKey, selectedCandidate, shownCandidates } from "../src/state/candidates";
import { connection, ref } from "./samples";

const { ALREADY_CONNECTED, DELETED, ELIGIBLE, ROLE_TOO_LOW } = Eligibility;

const offering = (candidates: Record<string, Eligibility>, reconnect?: string) =>
  create(ConnectSessionSchema, {
    reconnectPage: reconnect === undefined ? undefined : ref(reconnect),
    candidates: Object.entries(candidates).map(([pageId, eligibility]) => create(CandidateSchema, { pageId, eligibility })),
  });

describe("selectedCandidate", () => {
  it("is the first selectable page until one is picked", () => {
    const session = offering({ a: ALREADY_CONNECTED, b: ELIGIBLE, c: ELIGIBLE });

    expect(selectedCandidate(session)).toBe("b");
    expect(selectedCandidate(session, "c")).toBe("c");
    expect(selectedCandidate(offering({ a: ROLE_TOO_LOW }))).toBeUndefined();
  });

  it("is the page to reconnect, even if it was deleted in the meantime", () => {
    expect(selectedCandidate(offering({ a: ELIGIBLE, b: ELIGIBLE }, "b"))).toBe("b");
    expect(selectedCandidate(offering({ a: ELIGIBLE, b: DELETED }, "b"))).toBe("b");
    expect(selectedCandidate(offering({ a: ELIGIBLE, b: ELIGIBLE }, "b"), "a")).toBe("a");
  });

  it("is undefined if the page to reconnect is not selectable", () => {
    expect(selectedCandidate(offering({ a: ELIGIBLE, b: ROLE_TOO_LOW }, "b"))).toBeUndefined();
    expect(selectedCandidate(offering({ a: ELIGIBLE }, "b"))).toBeUndefined();
    expect(selectedCandidate(offering({ a: ELIGIBLE, b: ROLE_TOO_LOW }, "b"), "a")).toBe("a");
  });

  it("is undefined if the picked page is no longer selectable", () => {
    expect(selectedCandidate(offering({ a: ELIGIBLE, b: ALREADY_CONNECTED }), "b")).toBeUndefined();
    expect(selectedCandidate(offering({ a: ELIGIBLE }), "b")).toBeUndefined();
  });
});

describe("shownCandidates", () => {
  const candidate = (pageId: string, name: string, eligibility = ELIGIBLE) => create(CandidateSchema, { pageId, name, eligibility });
  const many = Array.from({ length: 5_000 }, (_, index) => candidate(`page-${index}`, `Page ${index}`, index % 2 === 0 ? ROLE_TOO_LOW : ELIGIBLE));
  const idsOf = (...query: Parameters<typeof shownCandidates>) => shownCandidates(...query).shown.map(({ pageId }) => pageId);

  it("are the first ones that can be chosen, then the others", () => {
    expect(idsOf(many.slice(0, 5), "", 4)).toEqual(["page-1", "page-3", "page-0", "page-2"]);
    expect(shownCandidates(many, "", 50).shown).toHaveLength(50);
    expect(shownCandidates(many, "", 50).matching).toBe(5_000);
  });

  it("match the filter by name or id, without case and accents", () => {
    const tea = [candidate("fb-tea", "Trà Hoa Sen"), candidate("fb-street", "Đường Láng"), candidate("fb-other", "Other")];

    expect(idsOf(tea, "tra hoa", 50)).toEqual(["fb-tea"]);
    expect(idsOf(tea, "TRÀ", 50)).toEqual(["fb-tea"]);
    expect(idsOf(tea, "duong lang", 50)).toEqual(["fb-street"]);
    expect(idsOf(tea, " fb-o ", 50)).toEqual(["fb-other"]);
    expect(shownCandidates(tea, "nothing", 50)).toEqual({ shown: [], matching: 0 });
  });

  it("always have the selected one, which would be chosen", () => {
    expect(idsOf(many, "", 2, "page-4999")).toEqual(["page-4999", "page-1", "page-3"]);
    expect(idsOf(many, "page-7", 1, "page-1")).toEqual(["page-1", "page-7"]);
    expect(idsOf(many, "", 2, "page-3")).toEqual(["page-1", "page-3"]);
  });
});

describe("currentKey", () => {
  const keyOf = (current?: Connection) => currentKey(create(CandidateSchema, { pageId: "a", current }));
  const displaced = (acknowledged: boolean) => connection("a", State.DISCONNECTED, { cause: Cause.SIGNED_IN_ELSEWHERE, acknowledged });

  it("tells a page that is listed from one that the merchant had before", () => {
    expect(keyOf()).toBeUndefined();
    expect([State.PENDING, State.CONNECTED, State.EXPIRED, State.REVOKED].map((state) => keyOf(connection("a", state)))).toEqual(["waiting", "connected", "lost", "lost"]);
    expect(keyOf(connection("a", State.REVOKED, { acknowledged: true }))).toBe("lost");
    expect([false, true].map((acknowledged) => keyOf(displaced(acknowledged)))).toEqual(["lost", "before"]);
    expect([false, true].map((acknowledged) => keyOf(connection("a", State.DELETED, { acknowledged })))).toEqual(["lost", "before"]);
    expect(keyOf(connection("a", State.DISCONNECTED, { cause: Cause.MERCHANT_DISCONNECTED }))).toBe("before");
    expect(keyOf(connection("a", State.REFUSED))).toBe("before");
  });
});
