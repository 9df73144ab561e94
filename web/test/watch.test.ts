import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { WatchPageListResponse } from "../src/api/gen/connectionstate/v1/watch_service_pb";
import type { View } from "../src/state/view";
import { steady } from "../src/state/clock";
import { Watch } from "../src/state/watch";
import { checkpoint, connection, list, snapshot } from "./samples";

// Plays the server: each stream says what the test pushes, until the test ends it or the watch lets go.
class Server {
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

describe("the watch", () => {
  const server = () => streams;
  let streams: Server;
  let seen: View[];
  let watch: Watch;
  let early: number;
  const now = () => seen.at(-1);

  beforeEach(async () => {
    vi.useFakeTimers();
    streams = new Server();
    seen = [];
    early = 0;
    watch = new Watch(
      {
        open: (token, signal) => streams.open(token, signal),
        now: Date.now,
        clock: steady(Date.now, () => performance.now()),
        random: () => 1,
        after: (milliseconds, then) => {
          const timer = setTimeout(then, Math.max(1, milliseconds - early));
          return () => clearTimeout(timer);
        },
        explain: (error) => ({ reason: (error as Error).message, values: {}, message: "" }),
      },
      (view) => seen.push(view),
    );
    void watch.run();
    await vi.advanceTimersByTimeAsync(0);
  });

  afterEach(() => {
    watch.stop();
    vi.useRealTimers();
  });

  it("is live as soon as it has a list", async () => {
    await server().say(snapshot(list(connection("a"))));

    expect(now()?.light).toBe("live");
    expect(now()?.list?.connections).toHaveLength(1);
  });

  it("is stale after three checkpoints without a word, and tries anew", async () => {
    await server().say(snapshot(list(), "token-1", 5_000));

    await vi.advanceTimersByTimeAsync(14_999);
    expect(now()?.light).toBe("live");
    await vi.advanceTimersByTimeAsync(1);
    expect(now()?.light).toBe("stale");
    await vi.advanceTimersByTimeAsync(250);
    expect(server().tokens).toEqual([undefined, "token-1"]);
  });

  it("is stale in time though the time of day was put back", async () => {
    await server().say(snapshot(list(), "token-1", 5_000));
    vi.setSystemTime(Date.now() - 3_600_000);

    await vi.advanceTimersByTimeAsync(14_999);
    expect(now()?.light).toBe("live");
    await vi.advanceTimersByTimeAsync(1);
    expect(now()?.light).toBe("stale");
  });

  it("is stale in time though timers come early", async () => {
    early = 1;
    await server().say(snapshot(list(), "token-1", 5_000));

    await vi.advanceTimersByTimeAsync(14_999);
    expect(now()?.light).toBe("live");
    await vi.advanceTimersByTimeAsync(1);
    expect(now()?.light).toBe("stale");
  });

  it("stays live as long as checkpoints come", async () => {
    await server().say(snapshot(list(), "token-1", 5_000));
    for (let i = 0; i < 10; i++) {
      await vi.advanceTimersByTimeAsync(10_000);
      await server().say(checkpoint());
    }

    expect(now()?.light).toBe("live");
    expect(server().tokens).toHaveLength(1);
  });

  it("keeps the list on the screen while it is stale, and resumes after the last message", async () => {
    await server().say(snapshot(list(connection("a")), "token-1"));
    await server().say(checkpoint("token-2"));
    await server().drop();

    expect(now()?.light).toBe("stale");
    expect(now()?.list?.connections).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(250);
    expect(server().tokens.at(-1)).toBe("token-2");
    await server().say(checkpoint("token-2", list(connection("a"), connection("b"))));
    expect(now()?.light).toBe("live");
    expect(now()?.list?.connections).toHaveLength(2);
  });

  it("says nothing of a stream that has lived its life, and goes on", async () => {
    await server().say(snapshot(list()));
    await server().finish();
    await vi.advanceTimersByTimeAsync(250);

    expect(seen.map((view) => view.light)).toEqual(["live"]);
    expect(server().tokens).toEqual([undefined, "token-1"]);
  });

  it("is stale after three checkpoints without a word, though a stream has ended and another begun in between", async () => {
    await server().say(snapshot(list(), "token-1", 5_000));
    await vi.advanceTimersByTimeAsync(14_000);
    await server().finish();
    await vi.advanceTimersByTimeAsync(999);
    expect(server().tokens).toHaveLength(2);
    expect(now()?.light).toBe("live");

    await vi.advanceTimersByTimeAsync(1);
    expect(now()?.light).toBe("stale");
  });

  it("is stale after a stream that ended without a word", async () => {
    await server().say(snapshot(list()));
    await server().finish();
    await vi.advanceTimersByTimeAsync(250);
    await server().finish();

    expect(now()?.light).toBe("stale");
  });

  it("says why the server ended it, and nothing where it let go itself", async () => {
    await server().say(snapshot(list()));
    watch.cut();
    await vi.advanceTimersByTimeAsync(250);
    expect(now()).toMatchObject({ light: "stale", failure: undefined });

    await server().drop("SHUTTING_DOWN");
    expect(now()?.failure?.reason).toBe("SHUTTING_DOWN");
  });

  it("begins anew when the server does not take its token", async () => {
    await server().say(snapshot(list()));
    await server().drop("RESUME_TOKEN_INVALID");
    await vi.advanceTimersByTimeAsync(250);

    expect(server().tokens).toEqual([undefined, undefined]);
  });

  it("gives a new stream that stays silent no longer than the last one", async () => {
    await server().say(snapshot(list(), "token-1", 5_000));
    await vi.advanceTimersByTimeAsync(15_000 + 250);
    expect(server().tokens).toHaveLength(2);

    await vi.advanceTimersByTimeAsync(15_000 + 500);
    expect(server().tokens).toHaveLength(3);
  });

  it("waits longer each time it fails, and a short time again after it heard something", async () => {
    for (const wait of [250, 500, 1_000]) {
      const tries = server().tokens.length;
      await server().drop();
      await vi.advanceTimersByTimeAsync(wait - 1);
      expect(server().tokens).toHaveLength(tries);
      await vi.advanceTimersByTimeAsync(1);
      expect(server().tokens).toHaveLength(tries + 1);
    }

    await server().say(snapshot(list()));
    await server().drop();
    await vi.advanceTimersByTimeAsync(250);
    expect(server().tokens).toHaveLength(5);
  });

  it("notices at once, when the tab wakes, that it has slept for too long", async () => {
    await server().say(snapshot(list(), "token-1", 5_000));
    vi.setSystemTime(Date.now() + 60_000);
    watch.wake();

    expect(now()?.light).toBe("stale");
    await vi.advanceTimersByTimeAsync(250);
    await server().say(checkpoint("token-1", list()));
    expect(now()?.light).toBe("live");
  });

  it("notices by itself that the machine has slept for too long", async () => {
    await server().say(snapshot(list(), "token-1", 5_000));
    vi.setSystemTime(Date.now() + 60_000);
    await vi.advanceTimersByTimeAsync(1_000);

    expect(now()?.light).toBe("stale");
  });

  it("is stale at once when the network is known to be gone, and tries at once when it is back", async () => {
    await server().say(snapshot(list()));
    watch.cut();
    expect(now()?.light).toBe("stale");
    for (const wait of [250, 500, 1_000]) {
      await vi.advanceTimersByTimeAsync(wait);
      await server().drop();
    }

    await vi.advanceTimersByTimeAsync(1_999);
    expect(server().tokens).toHaveLength(4);
    watch.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(server().tokens).toHaveLength(5);
  });

  it("waits a short time when it is wanted while its stream is still ending", async () => {
    for (const wait of [250, 500, 1_000]) {
      await server().drop();
      await vi.advanceTimersByTimeAsync(wait);
    }

    watch.cut();
    watch.wake();
    await vi.advanceTimersByTimeAsync(250);
    expect(server().tokens).toHaveLength(5);
  });

  it("lets go of its stream while nobody looks, and resumes when somebody does", async () => {
    await server().say(snapshot(list()));
    watch.pause();
    await vi.advanceTimersByTimeAsync(600_000);

    expect(now()?.light).toBe("stale");
    expect(server().tokens).toHaveLength(1);
    watch.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(server().tokens).toEqual([undefined, "token-1"]);
  });

  it("opens nothing while nobody looks, though it was about to", async () => {
    await server().say(snapshot(list()));
    await server().drop();
    watch.pause();
    await vi.advanceTimersByTimeAsync(600_000);

    expect(server().tokens).toHaveLength(1);
    watch.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(server().tokens).toHaveLength(2);
  });

  it("says nothing any more once it is stopped", async () => {
    await server().say(snapshot(list()));
    const told = seen.length;
    watch.stop();
    await vi.advanceTimersByTimeAsync(60_000);

    expect(seen).toHaveLength(told);
    expect(server().tokens).toHaveLength(1);
  });
});
