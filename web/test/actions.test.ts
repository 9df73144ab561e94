import { Code, ConnectError } from "@connectrpc/connect";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Provider } from "../src/api/gen/connectionstate/v1/page_pb";
import type { Route } from "../src/state/routes";
import { connection, ref } from "./samples";

// What a browser has, as far as a console without a screen needs it.
vi.stubGlobal("location", { pathname: "/m/shop-1/pages" });
vi.stubGlobal("history", { pushState: () => {}, replaceState: () => {} });
vi.stubGlobal("document", { documentElement: { dataset: {} } });
vi.stubGlobal("navigator", { languages: ["en"] });
vi.stubGlobal("addEventListener", () => {});

// The server answers when the test says so.
const server = vi.hoisted(() => {
  const asked: { call: string; answer: (reply: object) => void; fail: (error: Error) => void }[] = [];
  const ask = (call: string) => () => new Promise<object>((answer, fail) => asked.push({ call, answer, fail }));
  return { asked, connecting: { beginConnect: ask("begin") }, pages: { acknowledge: ask("acknowledge"), disconnect: ask("disconnect") } };
});
vi.mock("../src/api/clients", () => server);

const { go, route } = await import("../src/app");
const { acknowledge, begin, disconnect, followOthers } = await import("../src/actions");

const merchant = "shop-1";
const inbox: Route = { at: "inbox", merchant, page: ref("a") };
const elsewhere: Route = { at: "history", merchant };
const toNext = { navigation: { target: { case: "page", value: ref("b") } } };
const session = { session: { sessionId: "session-1" } };

async function answer(reply: object) {
  server.asked.splice(0).forEach((asked) => (reply instanceof Error ? asked.fail(reply) : asked.answer(reply)));
  await settle();
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

describe("what the merchant asks for", () => {
  beforeEach(() => {
    server.asked.length = 0;
    go(inbox);
  });

  it("is begun once by a double click, of the same merchant, provider and page", async () => {
    void begin(merchant, Provider.FACEBOOK);
    void begin(merchant, Provider.FACEBOOK);
    expect(server.asked).toHaveLength(1);
    void begin(merchant, Provider.FACEBOOK, "a");
    void begin(merchant, Provider.ZALO);
    void begin("shop-2", Provider.ZALO);
    expect(server.asked).toHaveLength(4);

    await answer(session);
    expect(route.value).toEqual({ at: "session", merchant, session: "session-1" });
    void begin(merchant, Provider.FACEBOOK);
    expect(server.asked).toHaveLength(1);
    await answer(session);
  });

  it("leads on whoever asked last, and is still there", async () => {
    void begin(merchant, Provider.FACEBOOK);
    go({ at: "add", merchant });
    void begin(merchant, Provider.FACEBOOK);
    await answer(session);

    expect(route.value.at).toBe("session");
  });

  it.each([
    ["begun", () => begin(merchant, Provider.FACEBOOK), session],
    ["understood", () => acknowledge(merchant, ref("a")), toNext],
    ["disconnected", () => disconnect(merchant, connection("a"), "A"), toNext],
  ])("moves nobody who has gone elsewhere before it was %s", async (_, ask, reply) => {
    void ask();
    go(elsewhere);
    await answer(reply);

    expect(route.value).toEqual(elsewhere);
  });

  it.each([
    ["understood", () => acknowledge(merchant, ref("a"))],
    ["disconnected", () => disconnect(merchant, connection("a"), "A")],
  ])("is asked for once when the watch has heard sooner that it was %s", async (_, ask) => {
    void ask();
    void followOthers(merchant, ref("a"));
    await settle();
    expect(server.asked).toHaveLength(1);

    await answer(toNext);
    expect(route.value).toEqual({ at: "inbox", merchant, page: ref("b") });
  });

  it("follows others who have settled a page", async () => {
    void followOthers(merchant, ref("a"));
    await settle();
    expect(server.asked.map((asked) => asked.call)).toEqual(["acknowledge"]);
    await answer(toNext);

    expect(route.value).toEqual({ at: "inbox", merchant, page: ref("b") });
  });

  it("does not wait long for an answer of its own that may be lost", async () => {
    vi.useFakeTimers();
    void disconnect(merchant, connection("a"), "A");
    void followOthers(merchant, ref("a"));
    await vi.advanceTimersByTimeAsync(900);
    expect(server.asked.map((asked) => asked.call)).toEqual(["disconnect"]);
    await vi.advanceTimersByTimeAsync(200);
    vi.useRealTimers();
    expect(server.asked.map((asked) => asked.call)).toEqual(["disconnect", "acknowledge"]);
    await answer(toNext);
  });

  it("follows others who were faster, when its own call has failed", async () => {
    void disconnect(merchant, connection("a"), "A");
    void followOthers(merchant, ref("a"));
    await answer(new ConnectError("late", Code.NotFound));
    expect(server.asked.map((asked) => asked.call)).toEqual(["acknowledge"]);
    await answer(toNext);

    expect(route.value).toEqual({ at: "inbox", merchant, page: ref("b") });
  });
});
