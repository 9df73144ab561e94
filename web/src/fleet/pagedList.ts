/** What was loaded of a list that comes in pages. */
export interface LoadedList<T> {
  readonly entries: readonly T[];
  /** Continues the list. Undefined before the first page; empty when the list has ended. */
  readonly nextPageToken?: string;
  /** How many merchants were left out because their records cannot be read. */
  readonly unreadable: number;
}

/** A page of a list, as the service returns it. */
export interface ListPage<T> {
  readonly entries: readonly T[];
  readonly nextPageToken: string;
  readonly unreadable?: number;
}

/** What tells entries apart, and which of two is newer. */
export interface Identity<T> {
  keyOf(entry: T): string;
  revisionOf?(entry: T): bigint;
}

export const nothingLoaded: LoadedList<never> = { entries: [], unreadable: 0 };

export function hasMore({ nextPageToken }: LoadedList<unknown>): boolean {
  return nextPageToken !== "";
}

/** Appends a page. An entry that changed while the list was read comes twice: the newer one stays, where it came. */
export function appendPage<T>(loaded: LoadedList<T>, page: ListPage<T>, { keyOf, revisionOf = () => 0n }: Identity<T>): LoadedList<T> {
  const entries = new Map(loaded.entries.map((entry) => [keyOf(entry), entry]));
  for (const entry of page.entries) {
    const earlier = entries.get(keyOf(entry));
    if (earlier !== undefined && revisionOf(earlier) >= revisionOf(entry)) continue;
    entries.delete(keyOf(entry));
    entries.set(keyOf(entry), entry);
  }

  return { entries: [...entries.values()], nextPageToken: page.nextPageToken, unreadable: loaded.unreadable + (page.unreadable ?? 0) };
}

/** Reads on until there is another entry or the list has ended: pages may be empty although more follow. */
export async function loadMore<T>(loaded: LoadedList<T>, read: (pageToken: string) => Promise<ListPage<T>>, identity: Identity<T>): Promise<LoadedList<T>> {
  const known = loaded.entries.length;
  do {
    loaded = appendPage(loaded, await read(loaded.nextPageToken ?? ""), identity);
  } while (hasMore(loaded) && loaded.entries.length <= known);
  return loaded;
}
