import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { Trigger, type Change } from "../src/api/gen/connectionstate/v1/change_pb";
import { Connection_State as State } from "../src/api/gen/connectionstate/v1/page_pb";
import { ListChangesResponseSchema } from "../src/api/gen/connectionstate/v1/page_service_pb";
import { SnapshotReason } from "../src/api/gen/connectionstate/v1/watch_service_pb";
import { readOn, resume } from "../src/state/reading";
import { hear, lose, unknown } from "../src/state/view";
import { checkpoint, list, move, snapshot } from "./samples";

const change = (revision: number) => move(revision, Trigger.RENEW, State.CONNECTED, State.CONNECTED);
const reply = (changes: Change[], more: { lastRevision?: bigint; trimmed?: boolean } = {}) =>
  create(ListChangesResponseSchema, { changes, lastRevision: changes.at(-1)?.revision ?? 0n, ...more });

describe("reading a history on", () => {
  const begun = readOn(resume(undefined, 1), reply([change(1), change(2)]));

  it("begins with the oldest that is kept", () => {
    expect(resume(undefined, 1).after).toBeUndefined();
    expect(readOn(resume(undefined, 1), reply([change(8)], { trimmed: true }))).toMatchObject({ after: 8n, trimmed: true });
  });

  it("goes on after what is known", () => {
    const more = readOn(resume(begun, 1), reply([change(3)], { lastRevision: 5n }));

    expect(more).toMatchObject({ after: 5n, trimmed: false });
    expect(more.changes.map((known) => known.revision)).toEqual([1n, 2n, 3n]);
    expect(readOn(more, reply([]))).toEqual(more);
  });

  it("shows nothing from before a gap", () => {
    const more = readOn(begun, reply([change(9)], { trimmed: true }));

    expect(more.changes.map((known) => known.revision)).toEqual([9n]);
    expect(more.trimmed).toBe(true);
  });

  it("begins anew when it may be another history", () => {
    expect(resume(begun, 2)).toEqual({ changes: [], trimmed: false, history: 2 });
  });
});

describe("which history it is", () => {
  const first = hear(unknown, snapshot(list()), 0);

  it.each([SnapshotReason.INITIAL, SnapshotReason.HISTORY_TRIMMED, SnapshotReason.HISTORY_REPLACED])("may be another after a snapshot for reason %s", (reason) => {
    expect(hear(first, snapshot(list(), "token-2", 5_000, reason), 0).history).toBe(first.history + 1);
  });

  it("is the same for a slow reader, and when a lost stream goes on", () => {
    expect(hear(first, snapshot(list(), "token-2", 5_000, SnapshotReason.FELL_BEHIND), 0).history).toBe(first.history);
    expect(hear(lose(first), checkpoint(), 0).history).toBe(first.history);
  });
});
