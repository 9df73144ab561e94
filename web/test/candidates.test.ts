import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { CandidateSchema, Candidate_Eligibility as Eligibility, ConnectSessionSchema } from "../src/api/gen/connectionstate/v1/page_pb";
import { choiceOf } from "../src/state/candidates";
import { ref } from "./samples";

const { ALREADY_CONNECTED, DELETED, ELIGIBLE, ROLE_TOO_LOW } = Eligibility;

const offering = (candidates: Record<string, Eligibility>, reconnect?: string) =>
  create(ConnectSessionSchema, {
    reconnectPage: reconnect === undefined ? undefined : ref(reconnect),
    candidates: Object.entries(candidates).map(([pageId, eligibility]) => create(CandidateSchema, { pageId, eligibility })),
  });

describe("the page that is shown as chosen", () => {
  it("is the first that can be chosen, until one is picked", () => {
    const session = offering({ a: ALREADY_CONNECTED, b: ELIGIBLE, c: ELIGIBLE });

    expect(choiceOf(session)).toBe("b");
    expect(choiceOf(session, "c")).toBe("c");
    expect(choiceOf(offering({ a: ROLE_TOO_LOW }))).toBeUndefined();
  });

  it("is the one to reconnect, also when it was deleted in the meantime", () => {
    expect(choiceOf(offering({ a: ELIGIBLE, b: ELIGIBLE }, "b"))).toBe("b");
    expect(choiceOf(offering({ a: ELIGIBLE, b: DELETED }, "b"))).toBe("b");
    expect(choiceOf(offering({ a: ELIGIBLE, b: ELIGIBLE }, "b"), "a")).toBe("a");
  });

  it("is none when the one to reconnect cannot be chosen, and never another in its place", () => {
    expect(choiceOf(offering({ a: ELIGIBLE, b: ROLE_TOO_LOW }, "b"))).toBeUndefined();
    expect(choiceOf(offering({ a: ELIGIBLE }, "b"))).toBeUndefined();
    expect(choiceOf(offering({ a: ELIGIBLE, b: ROLE_TOO_LOW }, "b"), "a")).toBe("a");
  });

  it("is none when what was picked can no longer be chosen", () => {
    expect(choiceOf(offering({ a: ELIGIBLE, b: ALREADY_CONNECTED }), "b")).toBeUndefined();
    expect(choiceOf(offering({ a: ELIGIBLE }), "b")).toBeUndefined();
  });
});
