import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { CandidateSchema, Candidate_Eligibility as Eligibility, ConnectSessionSchema } from "../src/api/gen/connectionstate/v1/page_pb";
import { selectedCandidate } from "../src/state/candidates";
import { ref } from "./samples";

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
