import { toFailure, type Failure } from "@connectionstate/client";
import { useCallback, useRef, useState } from "react";

/** Runs one call at a time: a second click while it runs does nothing. Says whether one runs, and why the last one failed. */
export function useAction(): { pending: boolean; failure: Failure | undefined; run: <T>(call: () => Promise<T>) => Promise<T | undefined> } {
  const [pending, setPending] = useState(false);
  const [failure, setFailure] = useState<Failure>();
  const running = useRef<Promise<unknown>>(undefined);
  const run = useCallback(async <T>(call: () => Promise<T>): Promise<T | undefined> => {
    if (running.current) return undefined;
    setPending(true);
    setFailure(undefined);
    try {
      const result = call();
      running.current = result;
      return await result;
    } catch (error) {
      setFailure(toFailure(error));
      return undefined;
    } finally {
      running.current = undefined;
      setPending(false);
    }
  }, []);
  return { pending, failure, run };
}
