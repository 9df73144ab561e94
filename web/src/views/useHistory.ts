import { view } from "../app";
import { pages } from "../api/clients";
import type { Failure } from "../api/failure";
import { readOn, resume, type Reading } from "../state/reading";
import type { Page } from "../state/routes";
import { useReading } from "./useReading";

interface Known extends Partial<Reading> {
  readonly failure?: Failure;
}

const atATime = 1000;

/** A merchant's history, of one page or of all, oldest first; what is new is read as soon as the list has moved. */
export function useHistory(merchant: string, page: Page | undefined): Known {
  const { history } = view.value;
  const [{ known, failure }] = useReading<Reading>(
    (signal, before) => read(merchant, page, resume(before, history), signal),
    [merchant, page?.provider, page?.pageId],
  );
  return { ...known, failure };
}

async function read(merchantId: string, page: Page | undefined, known: Reading, signal: AbortSignal): Promise<Reading> {
  for (;;) {
    const request = { merchantId, page, afterRevision: known.after, limit: atATime };
    const reply = await pages.listChanges(request, { signal });
    known = readOn(known, reply);
    if (!reply.more) return known;
  }
}
