import type { ComponentChildren } from "preact";
import { language, text } from "../app";
import { failureText } from "../text/names";
import { Loading } from "../views/Loading";
import { number } from "./format";
import { hasMore } from "./pagedList";
import type { PagedList } from "./usePagedList";

interface Props<T> {
  readonly list: PagedList<T>;
  readonly label: string;
  /** What is said of an empty list. */
  readonly empty: string;
  readonly children: (entry: T) => ComponentChildren;
}

/** The entries of a list that comes in pages, how many are shown, and the way to the next ones. */
export function PagedEntries<T>({ list: { loaded, failure, isBusy, more }, label, empty, children }: Props<T>) {
  const words = text.value.fleet;
  const count = (value: number) => number(language.value, value);
  return (
    <>
      {!loaded && isBusy && <Loading />}
      {loaded && loaded.entries.length > 0 && (
        <ol class="fleet-list" aria-label={label}>
          {loaded.entries.map((entry) => children(entry))}
        </ol>
      )}
      {failure && (
        <p class="banner bad" role="alert">
          {failureText(text.value, failure)}
        </p>
      )}
      <p class="hint" role="status">
        {loaded && (loaded.entries.length > 0 ? words.shown(count(loaded.entries.length)) : empty)}
        {loaded && loaded.unreadable > 0 && ` ${words.unreadable(count(loaded.unreadable))}`}
      </p>
      {(failure || (loaded && hasMore(loaded))) && (
        <button type="button" class="more" aria-disabled={isBusy} onClick={() => isBusy || more()}>
          {failure ? words.again : words.more}
        </button>
      )}
    </>
  );
}
