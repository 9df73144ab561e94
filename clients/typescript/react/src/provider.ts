import type { ConnectionStateClient } from "@connectionstate/client";
import { createContext, createElement, useContext, type ReactElement, type ReactNode } from "react";

const ClientContext = createContext<ConnectionStateClient | undefined>(undefined);

/** Gives the hooks below it their client. */
export function ConnectionStateProvider({ client, children }: { client: ConnectionStateClient; children?: ReactNode }): ReactElement {
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** Returns the client of the nearest ConnectionStateProvider. */
export function useConnectionStateClient(): ConnectionStateClient {
  const client = useContext(ClientContext);
  if (!client) throw new Error("Put a <ConnectionStateProvider client={...}> around the components that use @connectionstate/react.");
  return client;
}
