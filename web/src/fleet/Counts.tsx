import { Connection_State as State } from "@connectionstate/client";
import type { CountConnectionsResponse } from "@connectionstate/client/services";
import { language, text } from "../app";
import { providerName } from "../text/names";
import { milliseconds } from "../text/time";
import { StateBadge } from "../views/parts";
import { type Numbers, providers, toTable } from "./counts";
import { number } from "./format";
import { AsOf, StaleNotice } from "./notices";
import type { Refreshed } from "./useRefreshed";

/** How many connections there are, by state and provider. */
export function Counts({ data, failure }: Refreshed<CountConnectionsResponse>) {
  const words = text.value.fleet;
  const asOf = milliseconds(data?.asOf);
  return (
    <section class="card fleet-part" aria-labelledby="fleet-counts">
      <div class="fleet-heading">
        <h2 id="fleet-counts">{words.counts}</h2>
        {asOf !== undefined && <AsOf at={asOf} />}
      </div>
      <StaleNotice failure={failure} asOf={asOf} />
      {data && <CountTable counts={data.counts} />}
    </section>
  );
}

function CountTable({ counts }: Pick<CountConnectionsResponse, "counts">) {
  const words = text.value.fleet;
  const { rows, all } = toTable(counts);
  return (
    <table class="figures" aria-labelledby="fleet-counts">
      <thead>
        <tr>
          <th scope="col">{words.state}</th>
          {providers.map((provider) => (
            <th key={provider} scope="col">
              {providerName(text.value, provider)}
            </th>
          ))}
          <th scope="col">{words.total}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.state}>
            <th scope="row">
              <StateBadge state={row.state} lost={row.state === State.DISCONNECTED} />
            </th>
            <Cells {...row} />
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{words.total}</th>
          <Cells {...all} />
        </tr>
      </tfoot>
    </table>
  );
}

function Cells({ ofProviders, total }: Numbers) {
  return (
    <>
      {[...ofProviders, total].map((count, index) => (
        <td key={index} class={count === 0 ? "none" : undefined}>
          {number(language.value, count)}
        </td>
      ))}
    </>
  );
}
