import { durationMs } from "@bufbuild/protobuf/wkt";
import type { Failure } from "./failure.js";
import type { PageList } from "./gen/connectionstate/v1/page_pb.js";
import { SnapshotReason, type WatchPageListResponse } from "./gen/connectionstate/v1/watch_service_pb.js";

/** "connecting": no page list yet. "live": the page list is current. "stale": the stream was lost and the page list may be outdated. */
export type LiveStatus = "connecting" | "live" | "stale";

/** What a screen knows of a merchant. Immutable: each message creates a new one. */
export interface PageListView {
  readonly status: LiveStatus;
  readonly list?: PageList;
  /** The position of the stream after the last message. */
  readonly resumeToken?: string;
  /** When the last message arrived, in milliseconds since the epoch. */
  readonly lastMessageAt?: number;
  /** Incremented when the stream may have switched to another history, so that a loaded history must be read again. */
  readonly historyEpoch: number;
  /** Why the stream was lost, if the service gave a reason. */
  readonly failure?: Failure;
}

export const initialView: PageListView = { status: "connecting", historyEpoch: 0 };

/** Returns the view after a message. Each message carries the whole page list, so nothing is merged. */
export function applyMessage(view: PageListView, message: WatchPageListResponse, now: number): PageListView {
  const list = isRepeat(view, message) ? view.list : (message.kind.value?.pageList ?? view.list);
  return {
    // A resumed stream may begin with a checkpoint that carries no list.
    status: list ? "live" : view.status,
    list,
    resumeToken: message.resumeToken,
    lastMessageAt: now,
    historyEpoch: mayReplaceHistory(message) ? view.historyEpoch + 1 : view.historyEpoch,
  };
}

/** Whether the message has changes that the view has already. Revisions only increase, except in snapshots. */
export function isRepeat(view: PageListView, { kind }: WatchPageListResponse): boolean {
  const revision = view.list?.revision;
  return kind.case === "changes" && revision !== undefined && kind.value.pageList !== undefined && kind.value.pageList.revision <= revision;
}

// FELL_BEHIND only skips changes; after any other snapshot the history may be a different one.
function mayReplaceHistory({ kind }: WatchPageListResponse): boolean {
  return kind.case === "snapshot" && kind.value.reason !== SnapshotReason.FELL_BEHIND;
}

/** Returns the view after the stream was lost: the last known list, marked stale. */
export function markStale(view: PageListView, failure?: Failure): PageListView {
  // Drop a rejected token, so that the next stream begins with a snapshot.
  const resumeToken = failure?.reason === "RESUME_TOKEN_INVALID" ? undefined : view.resumeToken;
  return { ...view, status: "stale", resumeToken, failure };
}

export function checkpointIntervalOf(message: WatchPageListResponse): number | undefined {
  return message.checkpointInterval && durationMs(message.checkpointInterval);
}
