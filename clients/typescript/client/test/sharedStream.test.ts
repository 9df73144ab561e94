import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { browserEnvironment } from "../src/environment.js";
import { PageListWatcher } from "../src/pageListWatcher.js";
import { shareStream, type Channel } from "../src/sharedStream.js";
import { initialView, type PageListView } from "../src/view.js";
import { checkpoint, connection, list, snapshot } from "./samples.js";
import { FakeServer } from "./watcherHarness.js";

/** The channels of one browser: what one posts, all others get, later and copied. */
class Browser {
  private channels = new Set<Channel>();

  open(): Channel {
    const channel: Channel = {
      onmessage: null,
      close: () => void this.channels.delete(channel),
      postMessage: (message) => {
        if (!this.channels.has(channel)) return;
        for (const other of this.channels) if (other !== channel) queueMicrotask(() => other.onmessage?.({ data: structuredClone(message) } as MessageEvent));
      },
    };
    this.channels.add(channel);
    return channel;
  }

  /** From now on, the channels of both are those of one browser. */
  join(other: Browser) {
    other.channels.forEach((channel) => this.channels.add(channel));
    other.channels = this.channels;
  }

  /** The channels that are open now carry nothing more, as if the tabs at their other ends had crashed. */
  mute() {
    this.channels.clear();
  }
}

class Tab {
  readonly server = new FakeServer();
  view: PageListView = initialView;
  readonly watcher: PageListWatcher;

  constructor(browser: Browser) {
    const environment = browserEnvironment();
    const open = shareStream((token, signal) => this.server.open(token, signal), () => browser.open(), environment);
    this.watcher = new PageListWatcher(open, environment, { onView: (view) => (this.view = view), onChanges: () => {} });
    void this.watcher.run();
  }

  get pages() {
    return this.view.list?.connections.map((one) => one.page?.pageId);
  }
}

describe("shareStream", () => {
  let browser: Browser;
  let tabs: Tab[];
  const settled = (milliseconds = 1_000) => vi.advanceTimersByTimeAsync(milliseconds);
  const leaders = () => tabs.filter((tab) => tab.server.tokens.length > 0);
  const streams = () => tabs.reduce((sum, tab) => sum + tab.server.tokens.length, 0);

  async function openTabs(count: number) {
    tabs = Array.from({ length: count }, () => new Tab(browser));
    await settled();
    expect(leaders()).toHaveLength(1);
    await leaders()[0]!.server.send(snapshot(list(connection("a"))));
  }

  beforeEach(() => {
    vi.useFakeTimers();
    browser = new Browser();
  });

  afterEach(() => {
    tabs.forEach((tab) => tab.watcher.stop());
    vi.useRealTimers();
  });

  it("reads one stream for eight tabs, and all are live", async () => {
    await openTabs(8);

    expect(streams()).toBe(1);
    expect(tabs.map((tab) => [tab.view.status, tab.pages])).toEqual(tabs.map(() => ["live", ["a"]]));
  });

  it("gives a tab that is opened later the list at once", async () => {
    await openTabs(1);
    tabs.push(new Tab(browser));
    await settled(0);

    expect(tabs[1]!.view.status).toBe("live");
    expect(tabs[1]!.pages).toEqual(["a"]);
    expect(streams()).toBe(1);
  });

  it("does not give a later tab a list that may be outdated", async () => {
    await openTabs(1);
    await settled(6_000);
    tabs.push(new Tab(browser));
    await settled();
    expect(tabs[1]!.view.status).toBe("connecting");

    await tabs[0]!.server.send(checkpoint());
    expect(tabs[1]!.view.status).toBe("live");
    expect(tabs[1]!.pages).toEqual(["a"]);
  });

  it("another tab goes on at once, after the last message, when the leader is closed", async () => {
    await openTabs(3);
    const first = leaders()[0]!;
    first.watcher.stop();
    tabs = tabs.filter((tab) => tab !== first);
    await settled();

    expect(leaders()).toHaveLength(1);
    expect(leaders()[0]!.server.tokens).toEqual(["token-1"]);
    expect(tabs.map((tab) => tab.view.status)).toEqual(["live", "live"]);
  });

  it("a follower replaces a leader that has been silent for three seconds, and stays live", async () => {
    await openTabs(2);
    const follower = tabs.find((tab) => tab !== leaders()[0])!;
    browser.mute();
    await settled(2_900);
    expect(follower.server.tokens).toEqual([]);
    await settled(1_000);

    expect(follower.server.tokens).toEqual(["token-1"]);
    expect(follower.view.status).toBe("live");
  });

  it("two leaders become one, and all tabs stay live", async () => {
    tabs = [];
    const apart = new Browser();
    const first = new Tab(browser);
    const second = new Tab(apart);
    tabs = [first, second];
    await settled();
    await first.server.send(snapshot(list(connection("a"))));
    await second.server.send(snapshot(list(connection("a"))));
    expect(leaders()).toHaveLength(2);

    // As if both had begun at the same moment.
    browser.join(apart);
    await settled(3_000);
    const aborted = tabs.filter((tab) => tab.server.isAborted);
    expect(aborted).toHaveLength(1);
    expect(streams()).toBe(2);
    await tabs.find((tab) => !tab.server.isAborted)!.server.send(checkpoint("token-2", list(connection("a"), connection("b"))));
    expect(tabs.map((tab) => [tab.view.status, tab.pages])).toEqual([["live", ["a", "b"]], ["live", ["a", "b"]]]);
  });

  it("a failure of the stream is a failure for all tabs, and one of them reconnects", async () => {
    await openTabs(3);
    await leaders()[0]!.server.fail("SHUTTING_DOWN");
    expect(tabs.map((tab) => tab.view.status)).toEqual(["stale", "stale", "stale"]);
    expect(tabs.map((tab) => tab.view.failure?.reason)).toEqual(["SHUTTING_DOWN", "SHUTTING_DOWN", "SHUTTING_DOWN"]);

    await settled();
    expect(streams()).toBe(2);
    await tabs.find((tab) => tab.server.tokens.at(-1) === "token-1")!.server.send(checkpoint("token-1", list(connection("a"), connection("b"))));
    expect(tabs.map((tab) => tab.pages)).toEqual([["a", "b"], ["a", "b"], ["a", "b"]]);
  });

  it("all tabs are stale when the stream is silent for three checkpoints", async () => {
    await openTabs(2);
    await settled(14_000);
    expect(tabs.map((tab) => tab.view.status)).toEqual(["live", "live"]);
    await settled(2_000);

    expect(tabs.map((tab) => tab.view.status)).toEqual(["stale", "stale"]);
  });
});
