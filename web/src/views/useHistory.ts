import { useEffect, useState } from "preact/hooks";
import { view } from "../app";
import { pages } from "../api/clients";
import { toFailure, type Failure } from "../api/failure";
import type { Change } from "../api/gen/connectionstate/v1/change_pb";
import { append } from "../state/history";
import type { Page } from "../state/routes";

interface Read {
  readonly changes: readonly Change[];
  readonly after: bigint;
  readonly trimmed: boolean;
}

interface Known extends Partial<Read> {
  readonly failure?: Failure;
}

const atATime = 1000;

/** A merchant's history, of one page or of all, oldest first; what is new is read as soon as the list has moved. */
export function useHistory(merchant: string, page: Page | undefined): Known {
  const revision = view.value.list?.revision;
  const [known, setKnown] = useState<Known>({});

  useEffect(() => {
    const gone = new AbortController();
    const from = known.changes ? (known as Read) : undefined;
    read(merchant, page, from, revision, gone.signal).then(
      (all) => gone.signal.aborted || setKnown(all),
      (error: unknown) => gone.signal.aborted || setKnown((before) => ({ ...before, failure: toFailure(error) })),
    );
    return () => gone.abort();
  }, [merchant, page?.provider, page?.pageId, revision]);

  return known;
}

async function read(merchantId: string, page: Page | undefined, known: Read | undefined, revision: bigint | undefined, signal: AbortSignal) {
  // A history that was put back to an older one is read from its beginning.
  let all = known && revision !== undefined && revision < known.after ? undefined : known;
  for (;;) {
    const request = { merchantId, page, afterRevision: all?.after, limit: atATime };
    const reply = await pages.listChanges(request, { signal });
    const after = reply.lastRevision || all?.after || 0n;
    all = { changes: append(all?.changes ?? [], reply.changes), after, trimmed: all?.trimmed || (reply.trimmed && !all) };
    if (!reply.more) return all;
  }
}
