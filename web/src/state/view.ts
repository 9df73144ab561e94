import { durationMs } from "@bufbuild/protobuf/wkt";
import type { PageList } from "../api/gen/connectionstate/v1/page_pb";
import type { Failure } from "../api/failure";
import { SnapshotReason, type WatchPageListResponse } from "../api/gen/connectionstate/v1/watch_service_pb";

/** "connecting": no page list yet. "live": the page list is current. "stale": the stream was lost and the page list may be outdated. */
export type LiveStatus = "connecting" | "live" | "stale";

/** The state of one merchant as the screens show it. Immutable: each message creates a new view. */
export interface View {
  readonly status: LiveStatus;
  readonly list?: PageList;
  readonly token?: string;
  /** When the last message arrived, in milliseconds since the epoch. */
  readonly lastMessageAt?: number;
  /** Incremented when the stream may have switched to another history, so that the loaded history must be read again. */
  readonly historyEpoch: number;
  /** Why the stream was lost, if the server gave a reason. */
  readonly failure?: Failure;
}

export const initialView: View = { status: "connecting", historyEpoch: 0 };

/** Returns the view after a message. Each message carries the whole page list, so nothing is merged. */
export function applyMessage(view: View, message: WatchPageListResponse, now: number): View {
  const { kind } = message;
  const list = kind.value?.pageList ?? view.list;
  return {
    // A resumed stream may begin with a checkpoint that carries no list.
    status: list ? "live" : view.status,
    list,
    token: message.resumeToken,
    lastMessageAt: now,
    historyEpoch: mayReplaceHistory(message) ? view.historyEpoch + 1 : view.historyEpoch,
  };
}

// FELL_BEHIND only skips changes; after any other snapshot the history may be a different one.
function mayReplaceHistory({ kind }: WatchPageListResponse): boolean {
  return kind.case === "snapshot" && kind.value.reason !== SnapshotReason.FELL_BEHIND;
}

/** Returns the view after the stream was lost: the last known list, marked stale. */
export function markStale(view: View, failure?: Failure): View {
  // Drop a rejected token, so that the next stream begins with a snapshot.
  const token = failure?.reason === "RESUME_TOKEN_INVALID" ? undefined : view.token;
  return { ...view, status: "stale", token, failure };
}

export function checkpointIntervalOf(message: WatchPageListResponse): number | undefined {
  return message.checkpointInterval && durationMs(message.checkpointInterval);
}
