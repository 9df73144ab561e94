import type { Connection } from "@connectionstate/client";
import { pageNameOf, ProviderMark } from "./parts";

const colors = 8;

/** The initials of a page on a colour that is always the same for it, with the mark of its provider. */
export function Avatar({ connection }: { readonly connection: Connection }) {
  const page = connection.page!;
  return (
    <span class="avatar">
      <span class={`initials color-${colorOf(page.pageId)}`} aria-hidden="true">
        {initialsOf(pageNameOf(connection))}
      </span>
      <ProviderMark provider={page.provider} />
    </span>
  );
}

/** The first letters of the first and the last word: "HS" of "Hoa Sen". */
export function initialsOf(name: string): string {
  const words = name.split(/\s+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const ends = words.length > 1 ? [words[0]!, words.at(-1)!] : words;
  return ends.map((word) => [...word][0]!.toUpperCase()).join("") || "?";
}

export function colorOf(pageId: string): number {
  let sum = 0;
  for (const character of pageId) sum = (sum * 31 + character.codePointAt(0)!) >>> 0;
  return sum % colors;
}
