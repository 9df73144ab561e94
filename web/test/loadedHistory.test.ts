import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { Trigger, type Change } from "../src/api/gen/connectionstate/v1/change_pb";
import { Connection_State as State } from "../src/api/gen/connectionstate/v1/page_pb";
import { ListChangesResponseSchema } from "../src/api/gen/connectionstate/v1/page_service_pb";
import { SnapshotReason } from "../src/api/gen/connectionstate/v1/watch_service_pb";
import { appendReply, continueFrom } from "../src/state/loadedHistory";
import { applyMessage, initialView, markStale } from "../src/state/view";
import { checkpoint, list, move, snapshot } from "./samples";

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

describe("the history epoch", () => {
  const first = applyMessage(initialView, snapshot(list()), 0);

  it.each([SnapshotReason.INITIAL, SnapshotReason.HISTORY_TRIMMED, SnapshotReason.HISTORY_REPLACED])("changes after a snapshot for reason %s", (reason) => {
    expect(applyMessage(first, snapshot(list(), "token-2", 5_000, reason), 0).historyEpoch).toBe(first.historyEpoch + 1);
  });

  it("does not change for a slow reader, or when a lost stream is resumed", () => {
    expect(applyMessage(first, snapshot(list(), "token-2", 5_000, SnapshotReason.FELL_BEHIND), 0).historyEpoch).toBe(first.historyEpoch);
    expect(applyMessage(markStale(first), checkpoint(), 0).historyEpoch).toBe(first.historyEpoch);
  });
});
