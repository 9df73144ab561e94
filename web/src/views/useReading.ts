import { useEffect, useState } from "preact/hooks";
import { view } from "../app";
import { toFailure, type Failure } from "../api/failure";
import { persist } from "../api/send";

interface State<T> {
  readonly known?: T;
  /** Why it may be old, or is not there. */
  readonly failure?: Failure;
}

/**
 * What the server answers. It is asked again when the list or something of `on` has moved, and when the light is live again, which
 * makes good what failed in between. Answers also with what takes a newer answer from elsewhere.
 */
export function useReading<T>(read: (signal: AbortSignal, known?: T) => Promise<T>, on: readonly unknown[]): [State<T>, (known: T) => void] {
  const { light, list, history } = view.value;
  const [state, setState] = useState<State<T>>({});
  const isLive = light === "live";

  useEffect(() => {
    // That the stream was lost is no reason to ask for what is there.
    if (state.known && !isLive) return;
    const gone = new AbortController();
    persist(() => read(gone.signal, state.known)).then(
      (known) => gone.signal.aborted || setState({ known }),
      (error: unknown) => gone.signal.aborted || setState(({ known }) => ({ known, failure: toFailure(error) })),
    );
    return () => gone.abort();
  }, [...on, list?.revision, history, isLive]);

  return [state, (known) => setState({ known })];
}
