import { drawWait } from "../state/backoff";
import { isWorthARetry } from "./failure";

const tries = 4;

/** Sends a request that changes something, again with the same id where that is safe: it is carried out once. */
export function send<T>(call: (requestId: string) => Promise<T>, wait = pause, id = newRequestId()): Promise<T> {
  return persist(() => call(id), wait);
}

/** Sends a request that may be sent any number of times, again where that may help. */
export async function persist<T>(call: () => Promise<T>, wait = pause): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt >= tries || !isWorthARetry(error)) throw error;
      await wait(drawWait(attempt, Math.random()));
    }
  }
}

// crypto.randomUUID is there only where the page is served over TLS or from this machine.
export function newRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
