import { backoffDelay } from "./backoff.js";
import { isRetryable } from "./failure.js";

const maxAttempts = 4;

/** Sends a request that changes something. Retries use the same request id, so the change is applied once. */
export function retryWithRequestId<T>(call: (requestId: string) => Promise<T>, wait = delay, requestId = newRequestId()): Promise<T> {
  return retry(() => call(requestId), wait);
}

/** Sends an idempotent request, with up to three retries. */
export async function retry<T>(call: () => Promise<T>, wait = delay): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt >= maxAttempts || !isRetryable(error)) throw error;
      await wait(backoffDelay(attempt, Math.random()));
    }
  }
}

/** Returns a new random request id. */
export function newRequestId(): string {
  // crypto.randomUUID is only defined in secure contexts (HTTPS or localhost).
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
