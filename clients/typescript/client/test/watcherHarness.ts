import { afterEach, beforeEach, vi } from "vitest";
import { SharedStreamError } from "../src/failure.js";
import type { Change } from "../src/gen/connectionstate/v1/change_pb.js";
import type { WatchPageListResponse } from "../src/gen/connectionstate/v1/watch_service_pb.js";
import { monotonicClock } from "../src/monotonicClock.js";
import { PageListWatcher } from "../src/pageListWatcher.js";
import type { PageListView } from "../src/view.js";

/** A fake server: each stream delivers what the test sends, until the test ends it or the watcher aborts it. */
export class FakeServer {
  /** The resume token of each stream that was opened. */
  readonly tokens: (string | undefined)[] = [];
  /** Whether the watcher aborted the last stream. */
  isAborted = false;
  private deliver: ((message: WatchPageListResponse) => void) | undefined;
  private reject: ((error: Error) => void) | undefined;
  private end: (() => void) | undefined;

  async *open(token: string | undefined, signal: AbortSignal): AsyncIterable<WatchPageListResponse> {
    this.tokens.push(token);
    this.isAborted = false;
    signal.addEventListener("abort", () => (this.isAborted = true));
    signal.addEventListener("abort", () => this.reject?.(new Error("aborted")));
    for (;;) {
      const next = await new Promise<WatchPageListResponse | undefined>((resolve, reject) => {
        this.deliver = resolve;
        this.reject = reject;
        this.end = () => resolve(undefined);
      });
      if (!next) return;
      yield next;
    }
  }

  send = async (message: WatchPageListResponse) => this.settle(() => this.deliver?.(message));
  fail = async (reason = "UNREACHABLE", retryAfter?: number) => this.settle(() => this.reject?.(new SharedStreamError({ reason, values: {}, message: "", retryAfter })));
  complete = async () => this.settle(() => this.end?.());

  private async settle(action: () => void) {
    action();
    await vi.advanceTimersByTimeAsync(0);
  }
}

/** Gives each test of a file a new watcher, with a fake server and fake timers. */
export function useWatcher() {
  const context = {
    server: new FakeServer(),
    watcher: undefined as unknown as PageListWatcher,
    views: [] as PageListView[],
    changes: [] as Change[],
    /** By how many milliseconds timers fire early. */
    timersFireEarlyBy: 0,
    view: () => context.views.at(-1),
  };

  beforeEach(async () => {
    vi.useFakeTimers();
    Object.assign(context, { server: new FakeServer(), views: [], changes: [], timersFireEarlyBy: 0 });
    context.watcher = new PageListWatcher(
      (token, signal) => context.server.open(token, signal),
      {
        now: Date.now,
        monotonicNow: monotonicClock(Date.now, () => performance.now()),
        random: () => 1,
        setTimer: (milliseconds, callback) => {
          const timer = setTimeout(callback, Math.max(1, milliseconds - context.timersFireEarlyBy));
          return () => clearTimeout(timer);
        },
      },
      { onView: (view) => context.views.push(view), onChanges: (changes) => context.changes.push(...changes) },
    );
    void context.watcher.run();
    await vi.advanceTimersByTimeAsync(0);
  });

  afterEach(() => {
    context.watcher.stop();
    vi.useRealTimers();
  });

  return context;
}
