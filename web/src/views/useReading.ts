import { useEffect, useRef, useState } from "preact/hooks";
import { view } from "../app";
import { toFailure, type Failure } from "../api/failure";
import { persist } from "../api/send";

interface State<T> {
  readonly known?: T;
  /** Why it may be old, or is not there. */
  readonly failure?: Failure;
}

/**
 * What the server answers. It is asked again when the list or something of `on` has moved, when the light is live again, and after a
 * failure whenever the server is heard of. Answers also with what takes a newer answer from elsewhere.
 */
export function useReading<T>(read: (signal: AbortSignal, known?: T) => Promise<T>, on: readonly unknown[]): [State<T>, (known: T) => void] {
  const { light, list, history, heardAt } = view.value;
  const [state, setState] = useState<State<T>>({});
  const reading = useRef<AbortController>(null);
  const isLive = light === "live";

  useEffect(() => {
    // That the stream was lost is no reason to ask for what is there.
    if (state.known && !isLive) return;
    const gone = (reading.current = new AbortController());
    persist(() => read(gone.signal, state.known)).then(
      (known) => gone.signal.aborted || setState({ known }),
      (error: unknown) => gone.signal.aborted || setState(({ known }) => ({ known, failure: toFailure(error) })),
    );
    return () => gone.abort();
  }, [...on, list?.revision, history, isLive, state.failure && heardAt]);

  function take(known: T) {
    reading.current?.abort();
    setState({ known });
  }

  return [state, take];
}
