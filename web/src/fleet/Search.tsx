import { useState } from "preact/hooks";
import { type FindConnectionsResponse_Held as Held, isLost, type Page, type PageList, Provider } from "@connectionstate/client";
import type { ListMerchantsResponse_Merchant as Merchant } from "@connectionstate/client/services";
import { language, text } from "../app";
import { idPattern, isId } from "../state/routes";
import { providerName } from "../text/names";
import { Link } from "../views/Link";
import { fleetClient, pageClient } from "./clients";
import { ConnectionRow } from "./ConnectionRow";
import { providers } from "./counts";
import { search, type WantedMerchants, type WantedPage } from "./filter";
import { number } from "./format";
import { PagedEntries } from "./PagedEntries";
import { usePagedList } from "./usePagedList";

const pageSize = 20;

/** Finds merchants by the beginning of their id, or by a page that they have. */
export function Search() {
  const words = text.value.fleet;
  const found = search.value;
  return (
    <section class="card fleet-part" aria-labelledby="fleet-search">
      <h2 id="fleet-search">{words.search}</h2>
      <div class="fleet-search">
        <MerchantSearch />
        <PageSearch />
      </div>
      {found && ("prefix" in found ? <Merchants wanted={found} /> : <Holders wanted={found} />)}
    </section>
  );
}

const idInput = { maxLength: 64, autocomplete: "off", autocapitalize: "off", spellcheck: false } as const;

function MerchantSearch() {
  const words = text.value.fleet;
  const [prefix, setPrefix] = useState(search.value && "prefix" in search.value ? search.value.prefix : "");
  return (
    <form
      class="row bottom"
      onSubmit={(event) => {
        event.preventDefault();
        search.value = { prefix };
      }}
    >
      <label class="field grow">
        {words.prefix}
        <input {...idInput} pattern={idPattern} title={text.value.start.hint} value={prefix} onInput={(event) => setPrefix(event.currentTarget.value)} />
      </label>
      <button type="submit">{words.findMerchant}</button>
    </form>
  );
}

function PageSearch() {
  const words = text.value.fleet;
  const before = search.value && "page" in search.value ? search.value.page : { provider: Provider.FACEBOOK, pageId: "" };
  const [page, setPage] = useState<Page>(before);

  function find(event: Event) {
    event.preventDefault();
    if (isId(page.pageId)) search.value = { page };
  }

  return (
    <form class="row bottom" onSubmit={find}>
      <label class="field">
        {words.provider}
        <select value={page.provider} onChange={(event) => setPage({ ...page, provider: Number(event.currentTarget.value) })}>
          {providers.map((provider) => (
            <option key={provider} value={provider}>
              {providerName(text.value, provider)}
            </option>
          ))}
        </select>
      </label>
      <label class="field grow">
        {words.pageId}
        <input {...idInput} required pattern={idPattern} title={text.value.start.hint} value={page.pageId} onInput={(event) => setPage({ ...page, pageId: event.currentTarget.value })} />
      </label>
      <button type="submit">{words.findPage}</button>
    </form>
  );
}

// A search for the same begins again, as its object is another.
function Merchants({ wanted }: { readonly wanted: WantedMerchants }) {
  const words = text.value.fleet;
  const keyOf = ({ merchantId }: Merchant) => merchantId;
  const list = usePagedList(
    async (pageToken, signal) => {
      const { merchants, nextPageToken } = await fleetClient.listMerchants({ prefix: wanted.prefix, includePageList: true, pageSize, pageToken }, { signal });
      return { entries: merchants, nextPageToken };
    },
    { keyOf },
    [wanted],
  );
  return (
    <PagedEntries list={list} label={words.found} empty={words.noMerchant}>
      {({ merchantId, pageList }) => (
        <li key={merchantId} class="fleet-merchant">
          <Link to={{ at: "pages", merchant: merchantId }} class="id">
            {merchantId}
          </Link>
          <span class="hint">{pageList ? pagesText(pageList) : words.unreadableMerchant}</span>
        </li>
      )}
    </PagedEntries>
  );
}

// A page is connected by one merchant at most; others may have lost it, or had it before.
function Holders({ wanted }: { readonly wanted: WantedPage }) {
  const words = text.value.fleet;
  const keyOf = ({ merchantId }: Held) => merchantId;
  const list = usePagedList(
    async (_, signal) => {
      const { connections, unreadable } = await pageClient.findConnections({ page: wanted.page }, { signal });
      return { entries: connections, nextPageToken: "", unreadable };
    },
    { keyOf },
    [wanted],
  );
  return (
    <PagedEntries list={list} label={words.found} empty={words.noHolder}>
      {({ merchantId, connection }) => <ConnectionRow key={merchantId} merchant={merchantId} connection={connection!} />}
    </PagedEntries>
  );
}

function pagesText({ connections }: PageList): string {
  const count = (value: number) => number(language.value, value);
  return text.value.fleet.has(count(connections.length), count(connections.filter(isLost).length));
}
