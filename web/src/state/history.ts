import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Trigger, type Change, type Change_Transition } from "../api/gen/connectionstate/v1/change_pb";
import { Connection_State as State, type PageRef } from "../api/gen/connectionstate/v1/page_pb";

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

const lostStates: readonly State[] = [State.EXPIRED, State.REVOKED, State.DELETED, State.DISCONNECTED];

/**
 * How long the page was out, in milliseconds, for a change that ends an outage. A page that comes back by a connect session is
 * pending in between; `earlier` are the changes before this one, oldest first, and the outage began where they say.
 */
export function outageOf(change: Change, earlier: readonly Change[]): number | undefined {
  if (change.kind.case !== "transition" || !change.at || change.kind.value.to !== State.CONNECTED) return undefined;
  const begin = beginOf(change.kind.value, earlier);
  return begin === undefined ? undefined : timestampMs(change.at) - begin;
}

function beginOf(back: Change_Transition, earlier: readonly Change[]): number | undefined {
  let move: Change_Transition | undefined = back;
  for (let i = earlier.length - 1; i >= 0 && move?.from === State.PENDING; i--) {
    const kind = earlier[i]!.kind;
    if (kind.case !== "transition" || !isSame(kind.value.page, back.page)) continue;
    move = kind.value.to === State.PENDING && kind.value.trigger === Trigger.REQUEST ? kind.value : undefined;
  }

  return move?.fromSince && lostStates.includes(move.from) ? timestampMs(move.fromSince) : undefined;
}

function isSame(one: PageRef | undefined, other: PageRef | undefined): boolean {
  return one?.provider === other?.provider && one?.pageId === other?.pageId;
}

/** The history with what was read later; a revision that was read twice is there once. */
export function append(known: readonly Change[], read: readonly Change[]): readonly Change[] {
  const last = known.at(-1)?.revision ?? 0n;
  return [...known, ...read.filter((change) => change.revision > last)];
}
