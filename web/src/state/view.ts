import { durationMs } from "@bufbuild/protobuf/wkt";
import type { PageList } from "../api/gen/connectionstate/v1/page_pb";
import type { Failure } from "../api/failure";
import { SnapshotReason, type WatchPageListResponse } from "../api/gen/connectionstate/v1/watch_service_pb";

/** Whether what is shown is what is: not known yet, right, or as it was last heard. */
export type Light = "connecting" | "live" | "stale";

/** What a screen knows of one merchant. A value: each message makes a new one. */
export interface View {
  readonly light: Light;
  readonly list?: PageList;
  readonly token?: string;
  /** When the light last was live, in milliseconds. */
  readonly heardAt?: number;
  /** Counts up when the history of the list may be another one than before. */
  readonly history: number;
  /** Why the stream was lost, where the server said so. */
  readonly failure?: Failure;
}

export const unknown: View = { light: "connecting", history: 0 };

/** The view after a message. Lists come whole: nothing is merged. */
export function hear(view: View, message: WatchPageListResponse, now: number): View {
  const { kind } = message;
  const list = kind.value?.pageList ?? view.list;
  return {
    // A stream that goes on after a token may begin with a checkpoint; without a list there is nothing to be live about.
    light: list ? "live" : view.light,
    list,
    token: message.resumeToken,
    heardAt: now,
    history: mayBeAnother(message) ? view.history + 1 : view.history,
  };
}

// A snapshot says what follows from it; only a reader that was too slow has missed nothing but changes.
function mayBeAnother({ kind }: WatchPageListResponse): boolean {
  return kind.case === "snapshot" && kind.value.reason !== SnapshotReason.FELL_BEHIND;
}

/** The view after the stream was lost: what was known stays on the screen, and is called stale. */
export function lose(view: View, failure?: Failure): View {
  // A token that is not taken is worth nothing; the next stream begins with a snapshot.
  const token = failure?.reason === "RESUME_TOKEN_INVALID" ? undefined : view.token;
  return { ...view, light: "stale", token, failure };
}

export function intervalOf(message: WatchPageListResponse): number | undefined {
  return message.checkpointInterval && durationMs(message.checkpointInterval);
}
