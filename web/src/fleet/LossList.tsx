import { pageKey } from "@connectionstate/client";
import { ListConnectionsRequest_Order as Order, type MerchantConnection } from "@connectionstate/client/services";
import { language, text } from "../app";
import { providerName, stateKeys } from "../text/names";
import { exact } from "../text/time";
import { fleetClient } from "./clients";
import { ConnectionRow } from "./ConnectionRow";
import { providers } from "./counts";
import { type LossFilter, lossFilter, lostStates } from "./filter";
import { causeName, lossCauses } from "./losses";
import { PagedEntries } from "./PagedEntries";
import type { Identity, ListPage } from "./pagedList";
import { usePagedList } from "./usePagedList";

const pageSize = 50;

const identity: Identity<MerchantConnection> = {
  keyOf: ({ merchantId, connection }) => `${merchantId}/${pageKey(connection?.page)}`,
  revisionOf: ({ revision }) => revision,
};

/** What is lost, over all merchants, longest ago first. */
export function LossList() {
  const words = text.value.fleet;
  const { provider, state, cause } = lossFilter.value;
  const list = usePagedList((pageToken, signal) => read(lossFilter.value, pageToken, signal), identity, [provider, state, cause]);
  return (
    <section class="fleet-part" aria-labelledby="fleet-lost">
      <div class="fleet-heading">
        <h2 id="fleet-lost">{words.lost}</h2>
        {list.loadedAt !== undefined && <p class="hint">{words.read(exact(language.value, list.loadedAt))}</p>}
      </div>
      <div class="filters">
        <Filters />
        <span class="spring" />
        <button type="button" aria-disabled={list.isBusy} onClick={() => list.isBusy || list.reload()}>
          {words.reload}
        </button>
      </div>
      <PagedEntries list={list} label={words.lost} empty={words.nothingLost}>
        {(entry) => <ConnectionRow key={identity.keyOf(entry)} merchant={entry.merchantId} connection={entry.connection!} />}
      </PagedEntries>
    </section>
  );
}

async function read({ provider, state, cause }: LossFilter, pageToken: string, signal: AbortSignal): Promise<ListPage<MerchantConnection>> {
  const request = { provider, states: state === undefined ? [] : [state], causes: cause === undefined ? [] : [cause], order: Order.SINCE, pageSize, pageToken };
  const { connections, nextPageToken, unreadable } = await fleetClient.listConnections(request, { signal });
  return { entries: connections, nextPageToken, unreadable };
}

function Filters() {
  const words = text.value.fleet;
  const filter = lossFilter.value;
  return (
    <>
      <Choice label={words.provider} chosen={filter.provider} options={providers.map((one) => [one, providerName(text.value, one)])} onChoose={(provider) => (lossFilter.value = { ...filter, provider })} />
      <Choice label={words.state} chosen={filter.state} options={lostStates.map((one) => [one, text.value.state[stateKeys[one]]])} onChoose={(state) => (lossFilter.value = { ...filter, state })} />
      <Choice label={words.cause} chosen={filter.cause} options={lossCauses.map(({ cause, key }) => [cause, causeName(text.value, key)])} onChoose={(cause) => (lossFilter.value = { ...filter, cause })} />
    </>
  );
}

interface ChoiceProps<T extends number> {
  readonly label: string;
  readonly chosen: T | undefined;
  readonly options: readonly (readonly [T, string])[];
  readonly onChoose: (chosen: T | undefined) => void;
}

function Choice<T extends number>({ label, chosen, options, onChoose }: ChoiceProps<T>) {
  return (
    <label class="field inline">
      {label}
      <select value={chosen ?? ""} onChange={({ currentTarget }) => onChoose(options.find(([value]) => String(value) === currentTarget.value)?.[0])}>
        <option value="">{text.value.fleet.all}</option>
        {options.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
