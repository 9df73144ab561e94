import { describe, expect, it } from "vitest";
import { appendPage, hasMore, type ListPage, loadMore, nothingLoaded } from "../src/fleet/pagedList";

interface Entry {
  readonly id: string;
  readonly revision: bigint;
}

const identity = { keyOf: ({ id }: Entry) => id, revisionOf: ({ revision }: Entry) => revision };
const entry = (id: string, revision = 1n): Entry => ({ id, revision });
const page = (nextPageToken: string, ...entries: readonly Entry[]): ListPage<Entry> => ({ entries, nextPageToken });

describe("appendPage", () => {
  const first = appendPage(nothingLoaded, page("t", entry("a", 3n), entry("b", 3n)), identity);

  it("keeps the order of the pages", () => {
    expect(appendPage(first, page("", entry("c")), identity).entries.map(({ id }) => id)).toEqual(["a", "b", "c"]);
  });

  it("keeps the newer of two, where it came: what changed while the list was read comes again, further on", () => {
    expect(appendPage(first, page("", entry("c"), entry("a", 4n)), identity).entries).toEqual([entry("b", 3n), entry("c"), entry("a", 4n)]);
  });

  it("ignores an older one, and the same again", () => {
    expect(appendPage(first, page("", entry("a", 2n), entry("b", 3n)), identity).entries).toEqual(first.entries);
  });

  it("adds up what could not be read", () => {
    const second = appendPage({ ...first, unreadable: 1 }, { ...page(""), unreadable: 2 }, identity);

    expect(second.unreadable).toBe(3);
    expect(appendPage(second, page(""), identity).unreadable).toBe(3);
  });

  it("ends with the page that has no token", () => {
    expect([nothingLoaded, first, appendPage(first, page(""), identity)].map(hasMore)).toEqual([true, true, false]);
  });
});

describe("loadMore", () => {
  const tokens: string[] = [];
  const reader = (...pages: readonly ListPage<Entry>[]) => {
    tokens.length = 0;
    return (token: string) => Promise.resolve(pages[tokens.push(token) - 1]!);
  };

  it("reads one page if it has an entry", async () => {
    const loaded = await loadMore(nothingLoaded, reader(page("1", entry("a")), page("2", entry("b"))), identity);

    expect([tokens, loaded.entries.length, hasMore(loaded)]).toEqual([[""], 1, true]);
    await loadMore(loaded, reader(page("2", entry("b"))), identity);
    expect(tokens).toEqual(["1"]);
  });

  it("reads on over pages that have none, or none that is new", async () => {
    const loaded = await loadMore(nothingLoaded, reader(page("1"), page("2", entry("a")), page("3", entry("a")), page("4", entry("b"))), identity);
    expect([tokens, loaded.entries.length]).toEqual([["", "1"], 1]);

    const more = await loadMore(loaded, reader(page("3", entry("a")), page("4", entry("b"))), identity);
    expect([tokens, more.entries.length]).toEqual([["2", "3"], 2]);
  });

  it("stops at the end", async () => {
    const loaded = await loadMore(nothingLoaded, reader(page("1"), page("")), identity);

    expect([tokens, loaded.entries, hasMore(loaded)]).toEqual([["", "1"], [], false]);
  });
});
