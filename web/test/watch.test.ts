import { describe, expect, it, vi } from "vitest";
import { playWatch } from "./playWatch";
import { checkpoint, connection, list, snapshot } from "./samples";

describe("the watch", () => {
  const play = playWatch();

  it("is live as soon as it has a list", async () => {
    await play.server.say(snapshot(list(connection("a"))));

    expect(play.now()?.light).toBe("live");
    expect(play.now()?.list?.connections).toHaveLength(1);
  });

  it("is stale after three checkpoints without a word, and tries anew", async () => {
    await play.server.say(snapshot(list(), "token-1", 5_000));

    await vi.advanceTimersByTimeAsync(14_999);
    expect(play.now()?.light).toBe("live");
    await vi.advanceTimersByTimeAsync(1);
    expect(play.now()?.light).toBe("stale");
    await vi.advanceTimersByTimeAsync(250);
    expect(play.server.tokens).toEqual([undefined, "token-1"]);
  });

  it("is stale in time though the time of day was put back", async () => {
    await play.server.say(snapshot(list(), "token-1", 5_000));
    vi.setSystemTime(Date.now() - 3_600_000);

    await vi.advanceTimersByTimeAsync(14_999);
    expect(play.now()?.light).toBe("live");
    await vi.advanceTimersByTimeAsync(1);
    expect(play.now()?.light).toBe("stale");
  });

  it("is stale in time though timers come early", async () => {
    play.early = 1;
    await play.server.say(snapshot(list(), "token-1", 5_000));

    await vi.advanceTimersByTimeAsync(14_999);
    expect(play.now()?.light).toBe("live");
    await vi.advanceTimersByTimeAsync(1);
    expect(play.now()?.light).toBe("stale");
  });

  it("stays live as long as checkpoints come", async () => {
    await play.server.say(snapshot(list(), "token-1", 5_000));
    for (let i = 0; i < 10; i++) {
      await vi.advanceTimersByTimeAsync(10_000);
      await play.server.say(checkpoint());
    }

    expect(play.now()?.light).toBe("live");
    expect(play.server.tokens).toHaveLength(1);
  });

  it("keeps the list on the screen while it is stale, and resumes after the last message", async () => {
    await play.server.say(snapshot(list(connection("a")), "token-1"));
    await play.server.say(checkpoint("token-2"));
    await play.server.drop();

    expect(play.now()?.light).toBe("stale");
    expect(play.now()?.list?.connections).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(250);
    expect(play.server.tokens.at(-1)).toBe("token-2");
    await play.server.say(checkpoint("token-2", list(connection("a"), connection("b"))));
    expect(play.now()?.light).toBe("live");
    expect(play.now()?.list?.connections).toHaveLength(2);
  });

  it("says nothing of a stream that has lived its life, and goes on", async () => {
    await play.server.say(snapshot(list()));
    await play.server.finish();
    await vi.advanceTimersByTimeAsync(250);

    expect(play.seen.map((view) => view.light)).toEqual(["live"]);
    expect(play.server.tokens).toEqual([undefined, "token-1"]);
  });

  it("is stale after three checkpoints without a word, though a stream has ended and another begun in between", async () => {
    await play.server.say(snapshot(list(), "token-1", 5_000));
    await vi.advanceTimersByTimeAsync(14_000);
    await play.server.finish();
    await vi.advanceTimersByTimeAsync(999);
    expect(play.server.tokens).toHaveLength(2);
    expect(play.now()?.light).toBe("live");

    await vi.advanceTimersByTimeAsync(1);
    expect(play.now()?.light).toBe("stale");
  });

  it("is stale after a stream that ended without a word", async () => {
    await play.server.say(snapshot(list()));
    await play.server.finish();
    await vi.advanceTimersByTimeAsync(250);
    await play.server.finish();

    expect(play.now()?.light).toBe("stale");
  });

  it("says why the server ended it, and nothing where it let go itself", async () => {
    await play.server.say(snapshot(list()));
    play.watch.cut();
    await vi.advanceTimersByTimeAsync(250);
    expect(play.now()).toMatchObject({ light: "stale", failure: undefined });

    await play.server.drop("SHUTTING_DOWN");
    expect(play.now()?.failure?.reason).toBe("SHUTTING_DOWN");
  });

  it("begins anew when the server does not take its token", async () => {
    await play.server.say(snapshot(list()));
    await play.server.drop("RESUME_TOKEN_INVALID");
    await vi.advanceTimersByTimeAsync(250);

    expect(play.server.tokens).toEqual([undefined, undefined]);
  });

  it("gives a new stream that stays silent no longer than the last one", async () => {
    await play.server.say(snapshot(list(), "token-1", 5_000));
    await vi.advanceTimersByTimeAsync(15_000 + 250);
    expect(play.server.tokens).toHaveLength(2);

    await vi.advanceTimersByTimeAsync(15_000 + 500);
    expect(play.server.tokens).toHaveLength(3);
  });

  it("waits longer each time it fails, and a short time again after it heard something", async () => {
    for (const wait of [250, 500, 1_000]) {
      const tries = play.server.tokens.length;
      await play.server.drop();
      await vi.advanceTimersByTimeAsync(wait - 1);
      expect(play.server.tokens).toHaveLength(tries);
      await vi.advanceTimersByTimeAsync(1);
      expect(play.server.tokens).toHaveLength(tries + 1);
    }

    await play.server.say(snapshot(list()));
    await play.server.drop();
    await vi.advanceTimersByTimeAsync(250);
    expect(play.server.tokens).toHaveLength(5);
  });
});
