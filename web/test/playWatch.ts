import { afterEach, beforeEach, vi } from "vitest";
import type { WatchPageListResponse } from "../src/api/gen/connectionstate/v1/watch_service_pb";
import type { View } from "../src/state/view";
import { steady } from "../src/state/clock";
import { Watch } from "../src/state/watch";

// Plays the server: each stream says what the test pushes, until the test ends it or the watch lets go.
export class Server {
  readonly tokens: (string | undefined)[] = [];
  private tell: ((message: WatchPageListResponse) => void) | undefined;
  private fail: ((error: Error) => void) | undefined;
  private end: (() => void) | undefined;

  async *open(token: string | undefined, signal: AbortSignal): AsyncIterable<WatchPageListResponse> {
    this.tokens.push(token);
    signal.addEventListener("abort", () => this.fail?.(new Error("aborted")));
    for (;;) {
      const next = await new Promise<WatchPageListResponse | undefined>((resolve, reject) => {
        this.tell = resolve;
        this.fail = reject;
        this.end = () => resolve(undefined);
      });
      if (!next) return;
      yield next;
    }
  }

  say = async (message: WatchPageListResponse) => this.after(() => this.tell?.(message));
  drop = async (reason = "UNREACHABLE") => this.after(() => this.fail?.(new Error(reason)));
  finish = async () => this.after(() => this.end?.());

  private async after(act: () => void) {
    act();
    await vi.advanceTimersByTimeAsync(0);
  }
}

/** A watch of its own for each test of a file, on a server that the test plays and a clock that it moves. */
export function playWatch() {
  const play = {
    server: new Server(),
    watch: undefined as unknown as Watch,
    seen: [] as View[],
    /** By how many milliseconds timers come early. */
    early: 0,
    now: () => play.seen.at(-1),
  };

  beforeEach(async () => {
    vi.useFakeTimers();
    Object.assign(play, { server: new Server(), seen: [], early: 0 });
    play.watch = new Watch(
      {
        open: (token, signal) => play.server.open(token, signal),
        now: Date.now,
        clock: steady(Date.now, () => performance.now()),
        random: () => 1,
        after: (milliseconds, then) => {
          const timer = setTimeout(then, Math.max(1, milliseconds - play.early));
          return () => clearTimeout(timer);
        },
        explain: (error) => ({ reason: (error as Error).message, values: {}, message: "" }),
      },
      (view) => play.seen.push(view),
    );
    void play.watch.run();
    await vi.advanceTimersByTimeAsync(0);
  });

  afterEach(() => {
    play.watch.stop();
    vi.useRealTimers();
  });

  return play;
}
