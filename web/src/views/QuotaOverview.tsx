import { pageKey, type PageList } from "@connectionstate/client";
import { text } from "../app";
import { CheckingNote, ConnectionBadge, pageNameOf, ProviderMark } from "./parts";
import { QuotaMeter } from "./QuotaMeter";

/** The used part of the limit, and each page with its state (R12). */
export function QuotaOverview({ list }: { readonly list: PageList }) {
  const words = text.value.pages;
  return (
    <>
      {list.quota && <QuotaMeter quota={list.quota} />}
      {list.connections.length === 0 ? (
        <p class="hint">{words.empty}</p>
      ) : (
        <ol class="card quota-overview" aria-label={words.list}>
          {list.connections.map((connection) => (
            <li key={pageKey(connection.page)} class="row">
              <ProviderMark provider={connection.page!.provider} />
              <div class="grow">
                <b>{pageNameOf(connection)}</b>
                <CheckingNote connection={connection} />
              </div>
              <ConnectionBadge connection={connection} />
            </li>
          ))}
        </ol>
      )}
    </>
  );
}
