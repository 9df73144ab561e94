import type { Failure, Page } from "@connectionstate/client";
import { client } from "../api/client";
import { view } from "../app";
import { appendReply, continueFrom, type LoadedHistory } from "../state/loadedHistory";
import { useQuery } from "./useQuery";

interface HistoryQuery extends Partial<LoadedHistory> {
  readonly failure?: Failure;
}

const requestLimit = 1000;

/** Loads the history of a merchant, or of one page, oldest change first. Loads new changes when the page list changes. */
export function useHistory(merchant: string, page: Page | undefined): HistoryQuery {
  const { historyEpoch } = view.value;
  const [{ data, failure }] = useQuery<LoadedHistory>(
    (signal, loaded) => load(merchant, page, continueFrom(loaded, historyEpoch), signal),
    [merchant, page?.provider, page?.pageId],
  );
  return { ...data, failure };
}

async function load(merchantId: string, page: Page | undefined, loaded: LoadedHistory, signal: AbortSignal): Promise<LoadedHistory> {
  for (;;) {
    const query = { page, afterRevision: loaded.afterRevision, limit: requestLimit };
    const reply = await client.listChanges(merchantId, query, { signal });
    loaded = appendReply(loaded, reply);
    if (!reply.more) return loaded;
  }
}
