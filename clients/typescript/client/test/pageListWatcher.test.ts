import { describe, expect, it, vi } from "vitest";
import { useWatcher } from "./watcherHarness.js";
import { checkpoint, connection, list, snapshot } from "./samples.js";

describe("PageListWatcher", () => {
  const context = useWatcher();

  it("is live as soon as it has a list", async () => {
    await context.server.send(snapshot(list(connection("a"))));

    expect(context.view()?.status).toBe("live");
    expect(context.view()?.list?.connections).toHaveLength(1);
  });

  it("is stale after three missed checkpoints, and reconnects", async () => {
    await context.server.send(snapshot(list(), "token-1", 5_000));

    await vi.advanceTimersByTimeAsync(14_999);
    expect(context.view()?.status).toBe("live");
    await vi.advanceTimersByTimeAsync(1);
    expect(context.view()?.status).toBe("stale");
    await vi.advanceTimersByTimeAsync(250);
    expect(context.server.tokens).toEqual([undefined, "token-1"]);
  });

  it("is stale on time when the time of day was set back", async () => {
    await context.server.send(snapshot(list(), "token-1", 5_000));
    vi.setSystemTime(Date.now() - 3_600_000);

    await vi.advanceTimersByTimeAsync(14_999);
    expect(context.view()?.status).toBe("live");
    await vi.advanceTimersByTimeAsync(1);
    expect(context.view()?.status).toBe("stale");
  });

  it("is stale on time when timers fire early", async () => {
    context.timersFireEarlyBy = 1;
    await context.server.send(snapshot(list(), "token-1", 5_000));

    await vi.advanceTimersByTimeAsync(14_999);
    expect(context.view()?.status).toBe("live");
    await vi.advanceTimersByTimeAsync(1);
    expect(context.view()?.status).toBe("stale");
  });

  it("stays live while checkpoints arrive", async () => {
    await context.server.send(snapshot(list(), "token-1", 5_000));
    for (let i = 0; i < 10; i++) {
      await vi.advanceTimersByTimeAsync(10_000);
      await context.server.send(checkpoint());
    }

    expect(context.view()?.status).toBe("live");
    expect(context.server.tokens).toHaveLength(1);
  });

  it("keeps the list while it is stale, and resumes after the last message", async () => {
    await context.server.send(snapshot(list(connection("a")), "token-1"));
    await context.server.send(checkpoint("token-2"));
    await context.server.fail();

    expect(context.view()?.status).toBe("stale");
    expect(context.view()?.list?.connections).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(250);
    expect(context.server.tokens.at(-1)).toBe("token-2");
    await context.server.send(checkpoint("token-2", list(connection("a"), connection("b"))));
    expect(context.view()?.status).toBe("live");
    expect(context.view()?.list?.connections).toHaveLength(2);
  });

  it("stays live when a stream ends after its lifetime, and resumes", async () => {
    await context.server.send(snapshot(list()));
    await context.server.complete();
    await vi.advanceTimersByTimeAsync(250);

    expect(context.views.map((view) => view.status)).toEqual(["live"]);
    expect(context.server.tokens).toEqual([undefined, "token-1"]);
  });

  it("is stale after three missed checkpoints, even if a stream ended and another began in between", async () => {
    await context.server.send(snapshot(list(), "token-1", 5_000));
    await vi.advanceTimersByTimeAsync(14_000);
    await context.server.complete();
    await vi.advanceTimersByTimeAsync(999);
    expect(context.server.tokens).toHaveLength(2);
    expect(context.view()?.status).toBe("live");

    await vi.advanceTimersByTimeAsync(1);
    expect(context.view()?.status).toBe("stale");
  });

  it("is stale after a stream that ended without a message", async () => {
    await context.server.send(snapshot(list()));
    await context.server.complete();
    await vi.advanceTimersByTimeAsync(250);
    await context.server.complete();

    expect(context.view()?.status).toBe("stale");
  });

  it("reports why the server ended a stream, and no failure when it closed the stream itself", async () => {
    await context.server.send(snapshot(list()));
    context.watcher.closeStream();
    await vi.advanceTimersByTimeAsync(250);
    expect(context.view()).toMatchObject({ status: "stale", failure: undefined });

    await context.server.fail("SHUTTING_DOWN");
    expect(context.view()?.failure?.reason).toBe("SHUTTING_DOWN");
  });

  it("starts without a token after the server rejected its token", async () => {
    await context.server.send(snapshot(list()));
    await context.server.fail("RESUME_TOKEN_INVALID");
    await vi.advanceTimersByTimeAsync(250);

    expect(context.server.tokens).toEqual([undefined, undefined]);
  });

  it("applies the checkpoint interval of the last stream to a new one that stays silent", async () => {
    await context.server.send(snapshot(list(), "token-1", 5_000));
    await vi.advanceTimersByTimeAsync(15_000 + 250);
    expect(context.server.tokens).toHaveLength(2);

    await vi.advanceTimersByTimeAsync(15_000 + 500);
    expect(context.server.tokens).toHaveLength(3);
  });

  it("opens the next stream after its last message when there is another token, and stays live", async () => {
    await context.server.send(snapshot(list(), "token-1"));
    context.watcher.reopen();
    await vi.advanceTimersByTimeAsync(250);

    expect(context.server.tokens).toEqual([undefined, "token-1"]);
    expect(context.views.map((view) => view.status)).toEqual(["live"]);

    context.watcher.reopen();
    await vi.advanceTimersByTimeAsync(250);
    expect(context.server.tokens).toHaveLength(3);
    expect(context.view()?.status).toBe("live");
  });

  it("is stale when the next stream is refused too", async () => {
    await context.server.send(snapshot(list(), "token-1"));
    context.watcher.reopen();
    await vi.advanceTimersByTimeAsync(250);
    await context.server.fail("TOKEN_EXPIRED");

    expect(context.view()).toMatchObject({ status: "stale", failure: { reason: "TOKEN_EXPIRED" } });
  });

  it("opens no stream while it is paused, whatever tokens there are", async () => {
    context.watcher.pause();
    await vi.advanceTimersByTimeAsync(250);
    context.watcher.reopen();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(context.server.tokens).toHaveLength(1);

    context.watcher.resume();
    await vi.advanceTimersByTimeAsync(250);
    expect(context.server.tokens).toHaveLength(2);
  });

  it("doubles the delay after each failure, and resets it after a message", async () => {
    for (const delay of [250, 500, 1_000]) {
      const opened = context.server.tokens.length;
      await context.server.fail();
      await vi.advanceTimersByTimeAsync(delay - 1);
      expect(context.server.tokens).toHaveLength(opened);
      await vi.advanceTimersByTimeAsync(1);
      expect(context.server.tokens).toHaveLength(opened + 1);
    }

    await context.server.send(snapshot(list()));
    await context.server.fail();
    await vi.advanceTimersByTimeAsync(250);
    expect(context.server.tokens).toHaveLength(5);
  });
});
