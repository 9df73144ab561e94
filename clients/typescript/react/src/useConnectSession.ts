import { hasEnded, toFailure, type ConnectSession, type Failure, type Provider } from "@connectionstate/client";
import { useEffect, useState } from "react";
import { useConnectionStateClient } from "./provider.js";
import { useAction } from "./useAction.js";
import { usePageList } from "./usePageList.js";

export interface ConnectSessionHandle {
  /** The session with the pages that the account offers; undefined before `begin`. */
  readonly session: ConnectSession | undefined;
  /** Begins a session. With `reconnectPageId`, for that page alone. */
  readonly begin: (provider: Provider, reconnectPageId?: string) => Promise<void>;
  /** Chooses one of the session's candidates. */
  readonly choosePage: (pageId: string) => Promise<void>;
  /** Cancels the session. */
  readonly cancel: () => Promise<void>;
  readonly pending: boolean;
  /** Why the last action failed, or why the session cannot be read. */
  readonly failure: Failure | undefined;
}

/** Returns a connect session of a merchant, kept current. Give it a session id to continue one, for example from the address of the page. */
export function useConnectSession(merchantId: string, sessionId?: string): ConnectSessionHandle {
  const client = useConnectionStateClient();
  const { list, status } = usePageList(merchantId);
  const [begun, setBegun] = useState<string>();
  const [session, setSession] = useState<ConnectSession>();
  const [readFailure, setReadFailure] = useState<Failure>();
  const { pending, failure, run } = useAction();
  const id = begun ?? sessionId;
  const current = session?.sessionId === id ? session : undefined;
  const isOver = current !== undefined && hasEnded(current);
  const revision = list?.revision;

  // The page list has the session without its candidates, so each change is a reason to read it.
  useEffect(() => {
    if (id === undefined || isOver) return;
    let isCurrent = true;
    client.getConnectSession(merchantId, id).then(
      (read) => {
        if (!isCurrent) return;
        setSession(read);
        setReadFailure(undefined);
      },
      (error: unknown) => isCurrent && setReadFailure(toFailure(error)),
    );
    return () => void (isCurrent = false);
  }, [client, merchantId, id, isOver, revision, status]);

  return {
    session: current,
    begin: async (provider, reconnectPageId) => {
      const reply = await run(() => client.beginConnect(merchantId, provider, reconnectPageId));
      if (!reply?.session) return;
      setBegun(reply.session.sessionId);
      setSession(reply.session);
    },
    choosePage: async (pageId) => {
      const reply = id === undefined ? undefined : await run(() => client.choosePage(merchantId, id, pageId));
      if (reply?.session) setSession(reply.session);
    },
    cancel: async () => {
      const reply = id === undefined ? undefined : await run(() => client.cancelSession(merchantId, id));
      if (reply?.session) setSession(reply.session);
    },
    pending,
    failure: failure ?? readFailure,
  };
}
