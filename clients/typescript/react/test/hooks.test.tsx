// @vitest-environment happy-dom
import { createConnectionStateClient, needsNotice, Provider, Step, type NextScreen } from "@connectionstate/client";
import { FakeServer, fakeConnection } from "@connectionstate/client/testing";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConnectionStateProvider, useConnectSession, useNavigation, usePageList } from "../src/index.js";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

const page = (pageId: string) => ({ provider: Provider.FACEBOOK, pageId });
const targets: NextScreen[] = [];

function Inbox() {
  const { status, list } = usePageList("shop-1");
  const { acknowledge, disconnect, failure } = useNavigation("shop-1", (next) => targets.push(next));
  return (
    <main data-status={status} data-failure={failure?.reason}>
      {list?.connections.map((one) => (
        <button key={one.page!.pageId} id={one.page!.pageId} onClick={() => void (needsNotice(one) ? acknowledge : disconnect)(one.page!)}>
          {one.pageName}
          {needsNotice(one) && " lost"}
        </button>
      ))}
    </main>
  );
}

function Connect() {
  const { session, begin, choosePage, cancel } = useConnectSession("shop-1");
  return (
    <main data-step={session && Step[session.step]}>
      <button id="begin" onClick={() => void begin(Provider.FACEBOOK)} />
      <button id="cancel" onClick={() => void cancel()} />
      {session?.candidates.map((one) => <button key={one.pageId} id={one.pageId} onClick={() => void choosePage(one.pageId)} />)}
    </main>
  );
}

describe("the hooks", () => {
  let server: FakeServer;
  let root: Root;
  const render = (screen: React.ReactNode) =>
    settled(() => root.render(<ConnectionStateProvider client={createConnectionStateClient({ transport: server.transport })}>{screen}</ConnectionStateProvider>));
  // Calls of the fake server take a few turns of the event loop.
  const settled = (action: () => void) =>
    act(async () => {
      action();
      for (let i = 0; i < 10; i++) await new Promise((resolve) => setTimeout(resolve));
    });
  const click = (id: string) => settled(() => document.getElementById(id)!.click());
  const main = () => document.querySelector("main")!;

  beforeEach(() => {
    targets.length = 0;
    server = new FakeServer();
    server.setPages("shop-1", [fakeConnection("a"), fakeConnection("b")]);
    root = createRoot(document.body.appendChild(document.createElement("div")));
  });

  afterEach(() => settled(() => root.unmount()));

  it("usePageList shows the list and each change", async () => {
    await render(<Inbox />);
    expect(main().dataset.status).toBe("live");
    expect(main().textContent).toBe("Page aPage b");

    await settled(() => server.lose("shop-1", page("a")));
    expect(main().textContent).toBe("Page a lostPage b");
  });

  it("useNavigation leads to the screen that the service names", async () => {
    await render(<Inbox />);
    await settled(() => server.lose("shop-1", page("a")));
    await click("a");
    expect(targets).toMatchObject([{ page: page("b") }]);
    await click("b");
    expect(targets[1]).toEqual({ connect: Provider.FACEBOOK });
  });

  it("useNavigation tells why an action failed", async () => {
    await render(<Inbox />);
    server.failNext("CONNECTION_NOT_FOUND");
    await click("a");

    expect(main().dataset.failure).toBe("CONNECTION_NOT_FOUND");
    expect(targets).toEqual([]);
  });

  it("useConnectSession follows a session to its end", async () => {
    await render(<Connect />);
    await click("begin");
    expect(main().dataset.step).toBe("SIGN_IN");
    await settled(() => server.submitAccount("shop-1", "session-1", [{ pageId: "c", name: "Page c" }]));
    expect(main().dataset.step).toBe("CHOOSE_PAGE");
    await click("c");
    expect(main().dataset.step).toBe("CONSENT");
    await settled(() => server.grant("shop-1", "session-1"));

    expect(main().dataset.step).toBe("CONNECTED");
    expect(server.listOf("shop-1").connections.map((one) => one.pageName)).toEqual(["Page a", "Page b", "Page c"]);
  });

  it("useConnectSession cancels", async () => {
    await render(<Connect />);
    await click("begin");
    await click("cancel");

    expect(main().dataset.step).toBe("REFUSED");
  });
});
