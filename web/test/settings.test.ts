import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { learnSettings, type Settings } from "../src/api/settings";

describe("the settings", () => {
  let answer: (reply: Response) => void;
  const told: Settings[] = [];

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => (answer = resolve)));
    told.length = 0;
  });

  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it("are waited for", async () => {
    const learnt = learnSettings((settings) => told.push(settings));
    answer(Response.json({ development: true }));
    await learnt;

    expect(told).toEqual([{ development: true }]);
  });

  it("keep no screen waiting, and are told when they come", async () => {
    const learnt = learnSettings((settings) => told.push(settings));
    await vi.advanceTimersByTimeAsync(2_000);
    await learnt;
    expect(told).toEqual([]);

    answer(Response.json({ development: true }));
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual([{ development: true }]);
  });
});
