import { useEffect, useState } from "preact/hooks";
import type { Failure } from "@connectionstate/client";
import { text } from "../app";
import { failureText } from "../text/names";
import { Icon } from "../views/Icon";
import { Loading } from "../views/Loading";
import { fleetClient } from "./clients";
import { Counts } from "./Counts";
import { LossChart } from "./LossChart";
import { LossList } from "./LossList";
import { Search } from "./Search";
import { isDenied } from "./notices";
import { useRefreshed } from "./useRefreshed";

// Milliseconds.
const countInterval = 5_000;

/** All merchants, for operators. Their sign-in needs the scope fleet.read and no limit to merchants. */
export function FleetScreen() {
  const [isRefused, setRefused] = useState(false);
  return (
    <>
      <h1>{text.value.fleet.title}</h1>
      {isRefused ? <Refusal onRetry={() => setRefused(false)} /> : <Fleet onRefused={() => setRefused(true)} />}
    </>
  );
}

// Whom the service refuses is not shown the rest, and asks no more.
function Fleet({ onRefused }: { readonly onRefused: () => void }) {
  const counts = useRefreshed((signal) => fleetClient.countConnections({}, { signal }), countInterval);
  const isRefused = isRefusal(counts.failure);
  useEffect(() => {
    if (isRefused) onRefused();
  }, [isRefused]);

  if (!counts.data) return counts.failure && !isRefused ? <p class="banner bad">{failureText(text.value, counts.failure)}</p> : <Loading />;
  return (
    <>
      <p class="lead">{text.value.fleet.lead}</p>
      <div class="fleet-top">
        <Counts {...counts} />
        <LossChart />
      </div>
      <Search />
      <LossList />
    </>
  );
}

function isRefusal(failure: Failure | undefined): boolean {
  return failure !== undefined && isDenied(failure);
}

function Refusal({ onRetry }: { readonly onRetry: () => void }) {
  const words = text.value.fleet;
  return (
    <div class="card empty" role="alert">
      <Icon name="warning" />
      <h2>{words.refused}</h2>
      <p>{words.refusedLead}</p>
      <button type="button" onClick={onRetry}>
        {words.again}
      </button>
    </div>
  );
}
