import { useEffect, useState } from "preact/hooks";
import { type Failure, toFailure } from "@connectionstate/client";
import { refreshWhileVisible } from "./refreshWhileVisible";

export interface Refreshed<T> {
  /** The last answer. */
  readonly data?: T;
  /** Why the last refresh failed. The data is older then, or missing. */
  readonly failure?: Failure;
}

/** Reads data and keeps it current while the tab is visible. The interval is in milliseconds. */
export function useRefreshed<T>(read: (signal: AbortSignal) => Promise<T>, interval: number): Refreshed<T> {
  const [state, setState] = useState<Refreshed<T>>({});

  useEffect(() => {
    async function refresh(signal: AbortSignal): Promise<void> {
      try {
        const data = await read(signal);
        if (!signal.aborted) setState({ data });
      } catch (error) {
        if (!signal.aborted) setState(({ data }) => ({ data, failure: toFailure(error) }));
      }
    }

    return refreshWhileVisible(document, interval, refresh);
  }, []);

  return state;
}
