import type { Change } from "../api/gen/connectionstate/v1/change_pb";
import type { ListChangesResponse } from "../api/gen/connectionstate/v1/page_service_pb";
import { append } from "./history";

/** As much of a history as was read. */
export interface Reading {
  readonly changes: readonly Change[];
  /** The revision to read on after; undefined: nothing was read yet. */
  readonly after?: bigint;
  /** What came first is no longer kept. */
  readonly trimmed: boolean;
  /** Which history: one that may be another is read from its beginning. */
  readonly history: number;
}

/** What to read on from, of what is known. */
export function resume(known: Reading | undefined, history: number): Reading {
  return known?.history === history ? known : { changes: [], trimmed: false, history };
}

/** What is known after the next reply. */
export function readOn(known: Reading, reply: ListChangesResponse): Reading {
  // The oldest goes first: what was read before a gap is no longer kept either.
  const before = reply.trimmed ? [] : known.changes;
  const after = reply.lastRevision || known.after || 0n;
  return { ...known, changes: append(before, reply.changes), after, trimmed: known.trimmed || reply.trimmed };
}
