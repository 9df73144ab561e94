import { toNextScreen, type Failure, type NextScreen, type Page } from "@connectionstate/client";
import { useEffect, useRef } from "react";
import { useConnectionStateClient } from "./provider.js";
import { useAction } from "./useAction.js";

export interface NavigationActions {
  /** "Understood": the merchant has seen that the page is lost (R17, R18). */
  readonly acknowledge: (page: Page) => Promise<void>;
  /** Disconnects the page (R20, R21). */
  readonly disconnect: (page: Page) => Promise<void>;
  readonly pending: boolean;
  /** Why the last action failed. */
  readonly failure: Failure | undefined;
}

/**
 * Returns the actions after which a screen moves on. `go` gets the screen that the service names: the next connected page, or the connect screen
 * of a provider. It is not called when the component was unmounted meanwhile.
 */
export function useNavigation(merchantId: string, go: (next: NextScreen) => void): NavigationActions {
  const client = useConnectionStateClient();
  const { pending, failure, run } = useAction();
  const current = useRef<typeof go>(undefined);
  useEffect(() => {
    current.current = go;
    return () => void (current.current = undefined);
  }, [go]);

  const follow = async (call: () => ReturnType<typeof client.acknowledge | typeof client.disconnect>) => {
    const next = toNextScreen((await run<Awaited<ReturnType<typeof call>>>(call))?.navigation);
    if (next) current.current?.(next);
  };
  return {
    acknowledge: (page) => follow(() => client.acknowledge(merchantId, page)),
    disconnect: (page) => follow(() => client.disconnect(merchantId, page)),
    pending,
    failure,
  };
}
