import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { type Change, Connection_State as State, ListChangesResponseSchema, Trigger } from "@connectionstate/client";
import { appendReply, continueFrom } from "../src/state/loadedHistory";
import { move } from "./samples";

const change = (revision: number) => move(revision, Trigger.RENEW, State.CONNECTED, State.CONNECTED);
const reply = (changes: Change[], more: { lastRevision?: bigint; trimmed?: boolean } = {}) =>
  create(ListChangesResponseSchema, { changes, lastRevision: changes.at(-1)?.revision ?? 0n, ...more });

describe("LoadedHistory", () => {
  const loaded = appendReply(continueFrom(undefined, 1), reply([change(1), change(2)]));

  it("starts with the oldest stored change", () => {
    expect(continueFrom(undefined, 1).afterRevision).toBeUndefined();
    expect(appendReply(continueFrom(undefined, 1), reply([change(8)], { trimmed: true }))).toMatchObject({ afterRevision: 8n, trimmed: true });
  });

  it("continues after the loaded changes", () => {
    const more = appendReply(continueFrom(loaded, 1), reply([change(3)], { lastRevision: 5n }));

    expect(more).toMatchObject({ afterRevision: 5n, trimmed: false });
    expect(more.changes.map((change) => change.revision)).toEqual([1n, 2n, 3n]);
    expect(appendReply(more, reply([]))).toEqual(more);
  });

  it("drops changes from before a gap", () => {
    const more = appendReply(loaded, reply([change(9)], { trimmed: true }));

    expect(more.changes.map((change) => change.revision)).toEqual([9n]);
    expect(more.trimmed).toBe(true);
  });

  it("starts again in another epoch", () => {
    expect(continueFrom(loaded, 2)).toEqual({ changes: [], trimmed: false, epoch: 2 });
  });
});
