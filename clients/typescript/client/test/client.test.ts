import { Code, ConnectError } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createConnectionStateClient, Provider, State, toFailure, toNextScreen, type PageListView } from "../src/index.js";
import { FakeServer, fakeConnection } from "../src/testing.js";

const page = (pageId: string) => ({ provider: Provider.FACEBOOK, pageId });

describe("ConnectionStateClient", () => {
  let server: FakeServer;
  const open = () => createConnectionStateClient({ transport: server.transport, actor: "inbox" });
  const settled = (milliseconds = 0) => vi.advanceTimersByTimeAsync(milliseconds);

  beforeEach(() => {
    vi.useFakeTimers();
    server = new FakeServer();
    server.setPages("shop-1", [fakeConnection("a"), fakeConnection("b")]);
  });

  afterEach(() => vi.useRealTimers());

  it("watches a page list as a store, with one stream for all users", async () => {
    const watch = open().watchPageList("shop-1");
    const seen: string[] = [];
    const end = [watch.subscribe(() => seen.push(watch.getSnapshot().status)), watch.subscribe(() => {})];
    await settled();
    expect(watch.getSnapshot().list?.connections).toHaveLength(2);
    server.lose("shop-1", page("a"));
    await settled();

    expect(watch.getSnapshot().list?.connections[0]?.state).toBe(State.REVOKED);
    expect(seen).toEqual(["live", "live"]);
    expect(server.openStreams).toBe(1);
    end.forEach((unsubscribe) => unsubscribe());
  });

  it("ends the stream a second after its last user, and resumes for the next", async () => {
    const watch = open().watchPageList("shop-1");
    const end = watch.subscribe(() => {});
    await settled();
    end();
    end();
    await settled(999);
    expect(server.openStreams).toBe(1);
    await settled(1);
    expect(server.openStreams).toBe(0);
    expect(watch.getSnapshot().status).toBe("stale");

    const again = watch.subscribe(() => {});
    await settled();
    expect(watch.getSnapshot().status).toBe("live");
    expect(server.resumeTokens).toEqual([undefined, "shop-1@1"]);
    again();
  });

  it("watches a page list with for await, until the loop ends", async () => {
    const views: PageListView[] = [];
    const reading = (async () => {
      for await (const view of open().watchPageList("shop-1")) {
        views.push(view);
        if (view.list?.connections[0]?.state === State.DELETED) break;
      }
    })();
    await settled();
    server.lose("shop-1", page("a"), State.DELETED);
    await settled(1_000);
    await reading;

    expect(views.map((view) => view.status)).toEqual(["connecting", "live", "live"]);
    expect(server.openStreams).toBe(0);
  });

  it("reports what happened", async () => {
    const watch = open().watchPageList("shop-1");
    const revisions: bigint[] = [];
    const end = watch.onChanges((changes) => revisions.push(...changes.map((change) => change.revision)));
    await settled();
    server.lose("shop-1", page("a"));
    await settled();

    expect(revisions).toEqual([2n]);
    end();
  });

  it("repeats a call that changes something with the same request id", async () => {
    server.failNext("STORE_UNAVAILABLE", 2);
    const reply = open().acknowledge("shop-1", page("a"));
    await settled(2_000);

    expect(toNextScreen((await reply).navigation)).toMatchObject({ page: page("b") });
    expect(server.requestIds).toHaveLength(3);
    expect(new Set(server.requestIds).size).toBe(1);
    expect(server.requestIds[0]).toMatch(/^[0-9a-f]{32}$/);
  });

  it("tells why a call was refused, without a retry", async () => {
    server.setPages("shop-1", [fakeConnection("a")], 1);
    const failure = await open().beginConnect("shop-1", Provider.ZALO).catch(toFailure);

    expect(failure).toMatchObject({ reason: "PAGE_QUOTA_EXCEEDED" });
    expect(server.calls).toEqual(["BeginConnect"]);
  });

  it("R17 and R18: leads to the next page, and to the connect screen after the only one", async () => {
    const client = open();
    server.lose("shop-1", page("a"), State.DELETED);
    expect(toNextScreen((await client.acknowledge("shop-1", page("a"))).navigation)).toMatchObject({ page: page("b") });
    expect(toNextScreen((await client.disconnect("shop-1", page("b"))).navigation)).toEqual({ connect: Provider.FACEBOOK });
    expect((await client.getPageList("shop-1"))?.connections).toEqual([]);
  });

  it("waits for the first token, sends it, and fetches another when the service refuses it", async () => {
    const sent: (string | null)[] = [];
    vi.stubGlobal("fetch", async (_: unknown, init: RequestInit) => {
      sent.push(new Headers(init.headers).get("authorization"));
      return new Response(null, { status: 401 });
    });
    let issued = 0;
    const client = createConnectionStateClient({ baseUrl: "http://localhost", token: async () => ({ token: `token-${++issued}` }) });
    for (let i = 0; i < 2; i++) {
      const failure = client.getPageList("shop-1").catch((error: unknown) => ConnectError.from(error).code);
      await settled(10_000);
      expect(await failure).toBe(Code.Unauthenticated);
    }
    vi.unstubAllGlobals();

    expect(sent).toEqual(["Bearer token-1", "Bearer token-2"]);
  });
});
