import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Change_AcknowledgedSchema, Provider, State, Trigger } from "@connectionstate/client";
import { ErrorInfoSchema } from "@connectionstate/client/services";
import type { Route } from "../src/state/routes";
import { connection, list, move, ref } from "./samples";

// The browser globals that the actions need.
vi.stubGlobal("location", { pathname: "/m/shop-1/pages" });
vi.stubGlobal("history", { pushState: () => {}, replaceState: () => {} });
vi.stubGlobal("document", { documentElement: { dataset: {} } });
vi.stubGlobal("navigator", { languages: ["en"] });
vi.stubGlobal("addEventListener", () => {});

// Calls stay pending until the test answers them.
const server = vi.hoisted(() => {
  const calls: { call: string; answer: (reply: object) => void; fail: (error: Error) => void }[] = [];
  const record = (call: string) => () => new Promise<object>((answer, fail) => calls.push({ call, answer, fail }));
  return { calls, client: { beginConnect: record("begin"), cancelSession: record("cancel"), acknowledge: record("acknowledge"), disconnect: record("disconnect") } };
});
vi.mock("../src/api/client", () => server);

const { blocked, navigate, notices, route, view } = await import("../src/app");
const { rememberChanges } = await import("../src/externalChange");
const { acknowledge, beginConnect, cancelSession, disconnect, followExternalChange } = await import("../src/actions");

const merchant = "shop-1";
const inbox: Route = { at: "inbox", merchant, page: ref("a") };
const elsewhere: Route = { at: "history", merchant };
const toNext = { navigation: { target: { case: "page", value: ref("b") } } };
const session = { session: { sessionId: "session-1" } };

async function answer(reply: object) {
  server.calls.splice(0).forEach((call) => (reply instanceof Error ? call.fail(reply) : call.answer(reply)));
  await settle();
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

describe("the actions", () => {
  beforeEach(() => {
    server.calls.length = 0;
    notices.value = [];
    navigate(inbox);
  });

  it("begin one session per merchant, provider and page, even on a double click", async () => {
    void beginConnect(merchant, Provider.FACEBOOK);
    void beginConnect(merchant, Provider.FACEBOOK);
    expect(server.calls).toHaveLength(1);
    void beginConnect(merchant, Provider.FACEBOOK, "a");
    void beginConnect(merchant, Provider.ZALO);
    void beginConnect("shop-2", Provider.ZALO);
    expect(server.calls).toHaveLength(4);

    await answer(session);
    expect(route.value).toEqual({ at: "session", merchant, session: "session-1" });
    void beginConnect(merchant, Provider.FACEBOOK);
    expect(server.calls).toHaveLength(1);
    await answer(session);
  });

  it("navigate if the last caller is still on the same screen", async () => {
    void beginConnect(merchant, Provider.FACEBOOK);
    navigate({ at: "add", merchant });
    void beginConnect(merchant, Provider.FACEBOOK);
    await answer(session);

    expect(route.value.at).toBe("session");
  });

  it.each([
    ["begun", () => beginConnect(merchant, Provider.FACEBOOK), session],
    ["acknowledged", () => acknowledge(merchant, ref("a")), toNext],
    ["disconnected", () => disconnect(merchant, connection("a"), "A"), toNext],
  ])("do not navigate a user who left the screen before the page was %s", async (_, action, reply) => {
    void action();
    navigate(elsewhere);
    await answer(reply);

    expect(route.value).toEqual(elsewhere);
  });

  it.each([
    ["acknowledged", () => acknowledge(merchant, ref("a"))],
    ["disconnected", () => disconnect(merchant, connection("a"), "A")],
  ])("send one call if the watch reports first that the page was %s", async (_, action) => {
    void action();
    void followExternalChange(merchant, connection("a"));
    await settle();
    expect(server.calls).toHaveLength(1);

    await answer(toNext);
    expect(route.value).toEqual({ at: "inbox", merchant, page: ref("b") });
    expect(notices.value.filter(({ tone }) => tone === "info")).toEqual([]);
  });

  it.each([
    { actor: "An", to: State.DISCONNECTED, said: "Page a was disconnected by An. You are now in the inbox of Page b." },
    { actor: "console", to: State.DISCONNECTED, said: "Page a was disconnected in another window. You are now in the inbox of Page b." },
    { actor: "Bình", to: undefined, said: "The loss of Page a was acknowledged by Bình. You are now in the inbox of Page b." },
  ])("follow another tab that handled the page, and say: $said", async ({ actor, to, said }) => {
    const change = move(1, Trigger.DISCONNECT, State.CONNECTED, to ?? State.UNSPECIFIED);
    change.actor = actor;
    if (to === undefined) change.kind = { case: "acknowledged", value: create(Change_AcknowledgedSchema, { page: ref("a") }) };
    rememberChanges([change]);
    view.value = { ...view.value, list: list(connection("a"), connection("b")) };
    void followExternalChange(merchant, connection("a"));
    await settle();
    expect(server.calls.map(({ call }) => call)).toEqual(["acknowledge"]);
    await answer(toNext);

    expect(route.value).toEqual({ at: "inbox", merchant, page: ref("b") });
    expect(notices.value.map((notice) => notice.text)).toEqual([said]);
  });

  it("wait one second at most for a reply that may be lost", async () => {
    vi.useFakeTimers();
    void disconnect(merchant, connection("a"), "A");
    void followExternalChange(merchant, connection("a"));
    await vi.advanceTimersByTimeAsync(900);
    expect(server.calls.map(({ call }) => call)).toEqual(["disconnect"]);
    await vi.advanceTimersByTimeAsync(200);
    vi.useRealTimers();
    expect(server.calls.map(({ call }) => call)).toEqual(["disconnect", "acknowledge"]);
    await answer(toNext);
  });

  it("follow another tab if the own call failed", async () => {
    void disconnect(merchant, connection("a"), "A");
    void followExternalChange(merchant, connection("a"));
    await answer(new ConnectError("late", Code.NotFound));
    expect(server.calls.map(({ call }) => call)).toEqual(["acknowledge"]);
    await answer(toNext);

    expect(route.value).toEqual({ at: "inbox", merchant, page: ref("b") });
  });

  it("offer to cancel the sessions that hold the slots, and then begin again", async () => {
    const quotaExceeded = (sessions: string) =>
      new ConnectError("full", Code.ResourceExhausted, undefined, [
        { desc: ErrorInfoSchema, value: { reason: "PAGE_QUOTA_EXCEEDED", domain: "connectionstate", metadata: { used: "1", limit: "1", sessions } } },
      ]);
    void beginConnect(merchant, Provider.ZALO);
    await answer(quotaExceeded("one,two"));
    expect(blocked.value?.sessionIds).toEqual(["one", "two"]);
    expect(notices.value).toEqual([]);

    void cancelSession(merchant, "one").then((ended) => ended && blocked.value?.retry());
    expect(server.calls.map(({ call }) => call)).toEqual(["cancel"]);
    await answer({});
    expect(server.calls.map(({ call }) => call)).toEqual(["begin"]);
    blocked.value = undefined;
    await answer(quotaExceeded(""));
    expect(blocked.value).toBeUndefined();
    expect(notices.value.map(({ tone }) => tone)).toEqual(["good", "bad"]);
  });
});
