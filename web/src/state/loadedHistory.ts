import type { Change, ListChangesResponse } from "@connectionstate/client";
import { appendChanges } from "./history";

/** The part of a history that has been loaded. */
export interface LoadedHistory {
  readonly changes: readonly Change[];
  /** The revision to continue after, or undefined if nothing has been loaded. */
  readonly afterRevision?: bigint;
  /** Whether older changes are no longer stored. */
  readonly trimmed: boolean;
  /** The epoch of the view when loading began; another epoch starts from the beginning. */
  readonly epoch: number;
}

/** Returns the loaded history to continue from: an empty one if the epoch has changed. */
export function continueFrom(loaded: LoadedHistory | undefined, epoch: number): LoadedHistory {
  return loaded?.epoch === epoch ? loaded : { changes: [], trimmed: false, epoch };
}

/** Returns the loaded history after one more reply. */
export function appendReply(loaded: LoadedHistory, reply: ListChangesResponse): LoadedHistory {
  // The server trims the oldest changes first, so after a gap everything loaded before it is gone too.
  const before = reply.trimmed ? [] : loaded.changes;
  const afterRevision = reply.lastRevision || loaded.afterRevision || 0n;
  return { ...loaded, changes: appendChanges(before, reply.changes), afterRevision, trimmed: loaded.trimmed || reply.trimmed };
}
