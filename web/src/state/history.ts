import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Cause, type Change, type Change_Transition, Connection_State as State, pageKey, type PageRef } from "@connectionstate/client";

/** Returns the page that a change is about, or undefined if it is about none. */
export function pageOf(change: Change): PageRef | undefined {
  switch (change.kind.case) {
    case "transition":
    case "acknowledged":
    case "expiryWarning":
    case "sessionMoved":
    case "healthChanged":
      return change.kind.value.page;
    default:
      return undefined;
  }
}

// DISCONNECTED is missing: without its cause, it may or may not be a loss.
const lostStates: readonly State[] = [State.EXPIRED, State.REVOKED, State.DELETED];

/**
 * Returns the length of each outage in milliseconds, keyed by the change that ended it. Takes all changes, oldest first. An outage
 * lasts from the moment the page stopped working until it works again, including further losses and failed attempts to reconnect.
 * A page that its merchant disconnected is not in an outage.
 */
export function outageDurations(changes: readonly Change[]): ReadonlyMap<Change, number> {
  const durations = new Map<Change, number>();
  const outageStarts = new Map<string, number | undefined>();
  for (const change of changes) {
    // What came before happened in another store, and may have been otherwise there.
    if (change.kind.case === "imported") outageStarts.clear();
    if (change.kind.case !== "transition" || !change.at) continue;
    const transition = change.kind.value;
    const key = pageKey(transition.page);
    const at = timestampMs(change.at);
    const start = outageStarts.has(key) ? outageStarts.get(key) : startFromFirstTransition(transition);
    if (transition.to === State.CONNECTED && start !== undefined) durations.set(change, at - start);
    outageStarts.set(key, startAfter(transition, at, start));
  }

  return durations;
}

function startAfter(transition: Change_Transition, at: number, start: number | undefined): number | undefined {
  if (transition.to === State.CONNECTED || transition.cause === Cause.MERCHANT_DISCONNECTED) return undefined;
  return transition.from === State.CONNECTED ? at : start;
}

// When older changes are trimmed, the first stored transition still says since when the page was in its previous state. A page that was
// disconnected comes straight back only if it was listed, which means that it was lost.
function startFromFirstTransition({ from, fromSince, to }: Change_Transition): number | undefined {
  const wasLost = lostStates.includes(from) || (from === State.DISCONNECTED && to === State.CONNECTED);
  return fromSince && wasLost ? timestampMs(fromSince) : undefined;
}

/** Appends changes, skipping revisions that are already loaded. */
export function appendChanges(loaded: readonly Change[], more: readonly Change[]): readonly Change[] {
  const last = loaded.at(-1)?.revision ?? 0n;
  return [...loaded, ...more.filter((change) => change.revision > last)];
}
