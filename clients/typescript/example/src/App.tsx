import { canSend, findPage, needsNotice, pageKey, Provider, type NextScreen, type Page } from "@connectionstate/client";
import { useNavigation, usePageList } from "@connectionstate/react";
import { useState } from "react";

export function App({ merchantId }: { merchantId: string }) {
  const { status, list } = usePageList(merchantId);
  const [screen, setScreen] = useState<NextScreen>();
  const [shown, setShown] = useState<Page>();
  const { acknowledge, disconnect, pending, failure } = useNavigation(merchantId, (next) => {
    setScreen(next);
    setShown("page" in next ? next.page : undefined);
  });
  const connection = shown && findPage(list, shown);

  if (!list) return <p>Loading…</p>;
  return (
    <>
      {status === "stale" && <p role="status">Connection lost. This may be outdated.</p>}
      {failure && <p role="alert">{failure.message}</p>}
      <ul>
        {list.connections.map((one) => (
          <li key={pageKey(one.page)}>
            <button onClick={() => setShown(one.page)}>{one.pageName}</button>
            {canSend(one) ? "connected" : "not connected"}
            <button disabled={pending} onClick={() => one.page && disconnect(one.page)}>Disconnect</button>
          </li>
        ))}
      </ul>
      {shown && connection && needsNotice(connection) && (
        <dialog open>
          <p>{connection.pageName} is no longer connected.</p>
          <button disabled={pending} onClick={() => acknowledge(shown)}>Understood</button>
        </dialog>
      )}
      {screen && "connect" in screen && <p>Connect a page of {Provider[screen.connect]}.</p>}
    </>
  );
}
