import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Change, Change_Transition } from "../api/gen/connectionstate/v1/change_pb";
import { Cause, Connection_State as State, type PageRef } from "../api/gen/connectionstate/v1/page_pb";
import { pageKey } from "./pages";

/** The page that a change speaks of, if it speaks of one. */
export function pageOf(change: Change): PageRef | undefined {
  switch (change.kind.case) {
    case "transition":
    case "acknowledged":
    case "expiryWarning":
    case "sessionMoved":
      return change.kind.value.page;
    default:
      return undefined;
  }
}

// Without a cause, a disconnected page may have been lost or not.
const surelyLost: readonly State[] = [State.EXPIRED, State.REVOKED, State.DELETED];

/**
 * How long pages were out, in milliseconds, told at the changes that end an outage; all changes, oldest first. An outage lasts from when
 * the page last worked until it works again, over whatever else it lost and over attempts that failed. A page that its merchant has
 * disconnected is not out.
 */
export function outagesOf(changes: readonly Change[]): ReadonlyMap<Change, number> {
  const outages = new Map<Change, number>();
  const outSince = new Map<string, number | undefined>();
  for (const change of changes) {
    if (change.kind.case !== "transition" || !change.at) continue;
    const move = change.kind.value;
    const key = pageKey(move.page);
    const at = timestampMs(change.at);
    const since = outSince.has(key) ? outSince.get(key) : sinceBefore(move);
    if (move.to === State.CONNECTED && since !== undefined) outages.set(change, at - since);
    outSince.set(key, outSinceAfter(move, at, since));
  }

  return outages;
}

function outSinceAfter(move: Change_Transition, at: number, since: number | undefined): number | undefined {
  if (move.to === State.CONNECTED || move.cause === Cause.MERCHANT_DISCONNECTED) return undefined;
  return move.from === State.CONNECTED ? at : since;
}

// Of what is no longer kept, a page's first change tells this much.
function sinceBefore(move: Change_Transition): number | undefined {
  return move.fromSince && surelyLost.includes(move.from) ? timestampMs(move.fromSince) : undefined;
}

/** The history with what was read later; a revision that was read twice is there once. */
export function append(known: readonly Change[], read: readonly Change[]): readonly Change[] {
  const last = known.at(-1)?.revision ?? 0n;
  return [...known, ...read.filter((change) => change.revision > last)];
}
