import { describe, expect, it, vi } from "vitest";
import { playWatch } from "./playWatch";
import { checkpoint, list, snapshot } from "./samples";

describe("the watch of somebody who does not look, or has no network", () => {
  const play = playWatch();

  it("notices at once, when the tab wakes, that it has slept for too long", async () => {
    await play.server.say(snapshot(list(), "token-1", 5_000));
    vi.setSystemTime(Date.now() + 60_000);
    play.watch.wake();

    expect(play.now()?.light).toBe("stale");
    await vi.advanceTimersByTimeAsync(250);
    await play.server.say(checkpoint("token-1", list()));
    expect(play.now()?.light).toBe("live");
  });

  it("notices by itself that the machine has slept for too long", async () => {
    await play.server.say(snapshot(list(), "token-1", 5_000));
    vi.setSystemTime(Date.now() + 60_000);
    await vi.advanceTimersByTimeAsync(1_000);

    expect(play.now()?.light).toBe("stale");
  });

  it("is stale at once when the network is known to be gone, and tries at once when it is back", async () => {
    await play.server.say(snapshot(list()));
    play.watch.cut();
    expect(play.now()?.light).toBe("stale");
    for (const wait of [250, 500, 1_000]) {
      await vi.advanceTimersByTimeAsync(wait);
      await play.server.drop();
    }

    await vi.advanceTimersByTimeAsync(1_999);
    expect(play.server.tokens).toHaveLength(4);
    play.watch.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(play.server.tokens).toHaveLength(5);
  });

  it("waits a short time when it is wanted while its stream is still ending", async () => {
    for (const wait of [250, 500, 1_000]) {
      await play.server.drop();
      await vi.advanceTimersByTimeAsync(wait);
    }

    play.watch.cut();
    play.watch.wake();
    await vi.advanceTimersByTimeAsync(250);
    expect(play.server.tokens).toHaveLength(5);
  });

  it("lets go of its stream while nobody looks, and resumes when somebody does", async () => {
    await play.server.say(snapshot(list()));
    play.watch.pause();
    await vi.advanceTimersByTimeAsync(600_000);

    expect(play.now()?.light).toBe("stale");
    expect(play.server.tokens).toHaveLength(1);
    play.watch.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(play.server.tokens).toEqual([undefined, "token-1"]);
  });

  it("opens nothing while nobody looks, though it was about to", async () => {
    await play.server.say(snapshot(list()));
    await play.server.drop();
    play.watch.pause();
    await vi.advanceTimersByTimeAsync(600_000);

    expect(play.server.tokens).toHaveLength(1);
    play.watch.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(play.server.tokens).toHaveLength(2);
  });

  it("says nothing any more once it is stopped", async () => {
    await play.server.say(snapshot(list()));
    const told = play.seen.length;
    play.watch.stop();
    await vi.advanceTimersByTimeAsync(60_000);

    expect(play.seen).toHaveLength(told);
    expect(play.server.tokens).toHaveLength(1);
  });
});
