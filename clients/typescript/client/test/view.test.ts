import { describe, expect, it } from "vitest";
import { SnapshotReason } from "../src/index.js";
import { applyMessage, initialView, markStale } from "../src/view.js";
import { checkpoint, list, snapshot } from "./samples.js";

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
