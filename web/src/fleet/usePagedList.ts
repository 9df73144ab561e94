import { useEffect, useRef, useState } from "preact/hooks";
import { type Failure, retry, toFailure } from "@connectionstate/client";
import { type Identity, type ListPage, loadMore, type LoadedList, nothingLoaded } from "./pagedList";

export interface PagedList<T> {
  readonly loaded?: LoadedList<T>;
  /** When the first page arrived, in milliseconds since the epoch. */
  readonly loadedAt?: number;
  readonly failure?: Failure;
  readonly isBusy: boolean;
  /** Reads the next page; or again the one that failed. */
  readonly more: () => void;
  /** Reads the list again from its first page. What is shown stays until it is there. */
  readonly reload: () => void;
}

type State<T> = Pick<PagedList<T>, "loaded" | "loadedAt" | "failure" | "isBusy">;

/** Reads a list page by page. Begins again when one of `dependencies` changes. */
export function usePagedList<T>(
  read: (pageToken: string, signal: AbortSignal) => Promise<ListPage<T>>,
  identity: Identity<T>,
  dependencies: readonly unknown[],
): PagedList<T> {
  const [state, setState] = useState<State<T>>({ isBusy: true });
  const reading = useRef<AbortController>(null);

  async function load(from: LoadedList<T>, since?: number): Promise<void> {
    reading.current?.abort();
    const { signal } = (reading.current = new AbortController());
    setState((before) => ({ ...before, failure: undefined, isBusy: true }));
    try {
      const loaded = await loadMore(from, (pageToken) => retry(() => read(pageToken, signal)), identity);
      if (!signal.aborted) setState({ loaded, loadedAt: since ?? Date.now(), isBusy: false });
    } catch (error) {
      if (!signal.aborted) setState((before) => ({ ...before, failure: toFailure(error), isBusy: false }));
    }
  }

  useEffect(() => {
    setState({ isBusy: true });
    void load(nothingLoaded);
    return () => reading.current?.abort();
  }, dependencies);

  return { ...state, more: () => void load(state.loaded ?? nothingLoaded, state.loadedAt), reload: () => void load(nothingLoaded) };
}
