import { describe, expect, it, vi } from "vitest";
import { useWatcher } from "./watcherHarness.js";
import { checkpoint, list, snapshot } from "./samples.js";

describe("PageListWatcher while paused or offline", () => {
  const context = useWatcher();

  it("is stale at once when resumed after a sleep longer than three checkpoints", async () => {
    await context.server.send(snapshot(list(), "token-1", 5_000));
    vi.setSystemTime(Date.now() + 60_000);
    context.watcher.resume();

    expect(context.view()?.status).toBe("stale");
    await vi.advanceTimersByTimeAsync(250);
    await context.server.send(checkpoint("token-1", list()));
    expect(context.view()?.status).toBe("live");
  });

  it("is stale within a second after the machine slept longer than three checkpoints", async () => {
    await context.server.send(snapshot(list(), "token-1", 5_000));
    vi.setSystemTime(Date.now() + 60_000);
    await vi.advanceTimersByTimeAsync(1_000);

    expect(context.view()?.status).toBe("stale");
  });

  it("is stale at once when the stream is closed, and reconnects at once when resumed", async () => {
    await context.server.send(snapshot(list()));
    context.watcher.closeStream();
    expect(context.view()?.status).toBe("stale");
    for (const delay of [250, 500, 1_000]) {
      await vi.advanceTimersByTimeAsync(delay);
      await context.server.fail();
    }

    await vi.advanceTimersByTimeAsync(1_999);
    expect(context.server.tokens).toHaveLength(4);
    context.watcher.resume();
    await vi.advanceTimersByTimeAsync(0);
    expect(context.server.tokens).toHaveLength(5);
  });

  it("uses the shortest delay when resumed while its stream is still closing", async () => {
    for (const delay of [250, 500, 1_000]) {
      await context.server.fail();
      await vi.advanceTimersByTimeAsync(delay);
    }

    context.watcher.closeStream();
    context.watcher.resume();
    await vi.advanceTimersByTimeAsync(250);
    expect(context.server.tokens).toHaveLength(5);
  });

  it("closes its stream while paused, and continues after the last message when resumed", async () => {
    await context.server.send(snapshot(list()));
    context.watcher.pause();
    await vi.advanceTimersByTimeAsync(600_000);

    expect(context.view()?.status).toBe("stale");
    expect(context.server.tokens).toHaveLength(1);
    context.watcher.resume();
    await vi.advanceTimersByTimeAsync(0);
    expect(context.server.tokens).toEqual([undefined, "token-1"]);
  });

  it("opens no stream while paused, even if a reconnect was scheduled", async () => {
    await context.server.send(snapshot(list()));
    await context.server.fail();
    context.watcher.pause();
    await vi.advanceTimersByTimeAsync(600_000);

    expect(context.server.tokens).toHaveLength(1);
    context.watcher.resume();
    await vi.advanceTimersByTimeAsync(0);
    expect(context.server.tokens).toHaveLength(2);
  });

  it("reports no view after it was stopped", async () => {
    await context.server.send(snapshot(list()));
    const count = context.views.length;
    context.watcher.stop();
    await vi.advanceTimersByTimeAsync(60_000);

    expect(context.views).toHaveLength(count);
    expect(context.server.tokens).toHaveLength(1);
  });
});
