import { useEffect, useRef, useState } from "preact/hooks";
import { type Failure, toFailure } from "@connectionstate/client";
import { view } from "../app";

interface QueryState<T> {
  readonly data?: T;
  /** Why the data is missing or may be outdated. */
  readonly failure?: Failure;
}

/**
 * Fetches data from the server. Fetches again when the page list or one of `dependencies` changes, when the view becomes live again, and
 * after a failure with each message of the watch. Also returns a setter for newer data from another call.
 */
export function useQuery<T>(fetch: (signal: AbortSignal, data?: T) => Promise<T>, dependencies: readonly unknown[]): [QueryState<T>, (data: T) => void] {
  const { status, list, historyEpoch, lastMessageAt } = view.value;
  const [state, setState] = useState<QueryState<T>>({});
  const fetching = useRef<AbortController>(null);
  const isLive = status === "live";

  useEffect(() => {
    // Losing the stream does not change the data.
    if (state.data && !isLive) return;
    const abort = (fetching.current = new AbortController());
    fetch(abort.signal, state.data).then(
      (data) => abort.signal.aborted || setState({ data }),
      (error: unknown) => abort.signal.aborted || setState(({ data }) => ({ data, failure: toFailure(error) })),
    );
    return () => abort.abort();
  }, [...dependencies, list?.revision, historyEpoch, isLive, state.failure && lastMessageAt]);

  function setData(data: T) {
    fetching.current?.abort();
    setState({ data });
  }

  return [state, setData];
}
