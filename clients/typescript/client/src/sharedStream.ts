import { clone, create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { Environment } from "./environment.js";
import { SharedStreamError, toFailure, type Failure } from "./failure.js";
import type { PageList } from "./gen/connectionstate/v1/page_pb.js";
import { SnapshotReason, WatchPageListResponse_SnapshotSchema, WatchPageListResponseSchema, type WatchPageListResponse } from "./gen/connectionstate/v1/watch_service_pb.js";
import type { OpenStream } from "./pageListWatcher.js";
import { newRequestId } from "./retry.js";
import { holderOf, type OpenedToken } from "./tokenSource.js";
import { checkpointIntervalOf } from "./view.js";

// One stream for all tabs of a browser: one tab, the leader, reads it and passes every message on; the others follow. There is always a
// correct answer without agreement, as every tab can read a stream of its own: two leaders cost a connection, not correctness.

/** What tabs say to each other. */
type Envelope =
  | { readonly kind: "hello"; readonly from: string }
  | { readonly kind: "beat"; readonly from: string }
  | { readonly kind: "message"; readonly from: string; readonly bytes: Uint8Array }
  | { readonly kind: "end"; readonly from: string; readonly failure?: Failure };

/** The part of BroadcastChannel that is used. */
export interface Channel {
  postMessage(message: unknown): void;
  close(): void;
  onmessage: ((event: MessageEvent) => unknown) | null;
}

// How long a tab waits for a leader to answer before it leads: this long, and up to twice as long at random. In milliseconds.
const answerLimit = 50;
// How often a leader says that it is there, and after how long without a word the others replace it. In milliseconds.
const beatInterval = 1_000;
const silenceLimit = 3_000;

/** Returns a way to open streams that reads the stream of another tab if there is one. */
export function shareStream(open: OpenStream, openChannel: () => Channel, environment: Environment): OpenStream {
  return async function* (resumeToken, signal) {
    const channel = openChannel();
    const id = newRequestId();
    const inbox = new Inbox(channel, environment, signal);
    const post = (envelope: Envelope) => channel.postMessage(envelope);
    try {
      post({ kind: "hello", from: id });
      const first = await inbox.next(answerLimit * (1 + environment.random()), (envelope) => envelope.kind !== "hello" && envelope.kind !== "end");
      if (signal.aborted) return;
      if (first) yield* follow(inbox, first);
      else yield* lead(open, resumeToken, signal, id, inbox, post, environment);
    } finally {
      channel.close();
    }
  };
}

/**
 * Returns a way to open streams that are shared only by tabs whose tokens are of the same holder. A tab whose token has ended or tells no
 * holder opens its own, so that the service decides about it.
 */
export function shareStreamPerHolder(
  open: OpenStream,
  { token, ready }: { readonly token: Pick<OpenedToken["token"], "current" | "hasEnded">; readonly ready: OpenedToken["ready"] },
  openChannel: (holder: string) => Channel,
  environment: Environment,
): OpenStream {
  return async function* (resumeToken, signal) {
    // A source that fails is reported by the call.
    await ready().catch(() => {});
    const holder = token.hasEnded ? undefined : holderOf(token.current);
    yield* (holder === undefined ? open : shareStream(open, () => openChannel(holder), environment))(resumeToken, signal);
  };
}

async function* follow(inbox: Inbox, first: Envelope): AsyncIterable<WatchPageListResponse> {
  const leader = first.from;
  let received = false;
  for (let envelope: Envelope | undefined = first; envelope; envelope = await inbox.next(silenceLimit, ({ from, kind }) => from === leader && kind !== "hello")) {
    if (envelope.kind === "message") {
      const message = fromBinary(WatchPageListResponseSchema, envelope.bytes);
      yield received ? message : toSnapshot(message);
      received = true;
    } else if (envelope.kind === "end") {
      if (envelope.failure) throw new SharedStreamError(envelope.failure);
      return;
    }
  }
}

// What happened before the first message was not passed on to this tab.
function toSnapshot(message: WatchPageListResponse): WatchPageListResponse {
  if (message.kind.case === "snapshot") return message;
  const value = create(WatchPageListResponse_SnapshotSchema, { pageList: message.kind.value?.pageList, reason: SnapshotReason.FELL_BEHIND });
  return { ...message, kind: { case: "snapshot", value } };
}

async function* lead(
  open: OpenStream,
  resumeToken: string | undefined,
  signal: AbortSignal,
  id: string,
  inbox: Inbox,
  post: (envelope: Envelope) => void,
  environment: Environment,
): AsyncIterable<WatchPageListResponse> {
  const ended = new AbortController();
  const end = (failure?: Failure) => {
    if (ended.signal.aborted) return;
    ended.abort();
    post({ kind: "end", from: id, failure });
  };
  // At once, not when the stream has noticed: a tab that is being closed runs nothing later.
  const onAbort = () => end();
  signal.addEventListener("abort", onAbort);

  let list: PageList | undefined;
  let interval: number | undefined;
  let last: { readonly bytes: Uint8Array; readonly at: number } | undefined;
  inbox.onEnvelope = (envelope) => {
    // The leader with the smaller id stays.
    if (envelope.kind === "beat" || envelope.kind === "message") {
      if (envelope.from < id) end();
    } else if (envelope.kind === "hello" && !ended.signal.aborted) {
      // What is older than a checkpoint may be outdated: the tab gets the next message instead.
      const isCurrent = last !== undefined && environment.monotonicNow() - last.at <= (interval ?? 0);
      post(isCurrent ? { kind: "message", from: id, bytes: last!.bytes } : { kind: "beat", from: id });
    }
  };
  let cancelBeat = () => {};
  const beat = () => {
    post({ kind: "beat", from: id });
    cancelBeat = environment.setTimer(beatInterval, beat);
  };
  beat();

  try {
    for await (const message of open(resumeToken, ended.signal)) {
      if (ended.signal.aborted) return;
      list = message.kind.value?.pageList ?? list;
      interval = checkpointIntervalOf(message) ?? interval;
      const bytes = toBinary(WatchPageListResponseSchema, complete(message, list, interval));
      if (list) {
        last = { bytes, at: environment.monotonicNow() };
        post({ kind: "message", from: id, bytes });
      }
      yield message;
    }
  } catch (error) {
    if (ended.signal.aborted) return;
    end(toFailure(error));
    throw error;
  } finally {
    end();
    cancelBeat();
    inbox.onEnvelope = undefined;
    signal.removeEventListener("abort", onAbort);
  }
}

// Any message may be the first that a tab gets, so each has what only the first message of a stream has.
function complete(message: WatchPageListResponse, list: PageList | undefined, interval: number | undefined): WatchPageListResponse {
  const whole = clone(WatchPageListResponseSchema, message);
  if (whole.kind.value && !whole.kind.value.pageList) whole.kind.value.pageList = list;
  if (interval !== undefined) whole.checkpointInterval = durationFromMs(interval);
  return whole;
}

/** Collects envelopes until they are asked for, or passes them on at once. */
class Inbox {
  onEnvelope?: (envelope: Envelope) => void;
  private readonly envelopes: Envelope[] = [];
  private wake?: () => void;

  constructor(
    channel: Channel,
    private readonly environment: Environment,
    private readonly signal: AbortSignal,
  ) {
    channel.onmessage = ({ data }) => {
      if (this.onEnvelope) return this.onEnvelope(data as Envelope);
      this.envelopes.push(data as Envelope);
      this.wake?.();
    };
    signal.addEventListener("abort", () => this.wake?.(), { once: true });
  }

  /** Returns the next envelope of a kind, or undefined if none came in time or the stream was aborted. Others are dropped. */
  async next(limit: number, isWanted: (envelope: Envelope) => boolean): Promise<Envelope | undefined> {
    let isLate = false;
    const cancel = this.environment.setTimer(limit, () => {
      isLate = true;
      this.wake?.();
    });
    try {
      for (;;) {
        for (let envelope = this.envelopes.shift(); envelope; envelope = this.envelopes.shift()) if (isWanted(envelope)) return envelope;
        if (isLate || this.signal.aborted) return undefined;
        await new Promise<void>((resolve) => (this.wake = resolve));
      }
    } finally {
      cancel();
    }
  }
}
