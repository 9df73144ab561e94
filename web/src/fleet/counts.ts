import { Connection_State as State, Provider } from "@connectionstate/client";
import type { CountConnectionsResponse_Count as Count } from "@connectionstate/client/services";

export const providers: readonly Provider[] = [Provider.FACEBOOK, Provider.ZALO];

/** The states of listed connections. Each has a row, also if there are none. */
const listedStates: readonly State[] = [State.CONNECTED, State.PENDING, State.EXPIRED, State.REVOKED, State.DELETED, State.DISCONNECTED];

/** How many connections there are: of each provider, in their order, and of all. */
export interface Numbers {
  readonly ofProviders: readonly number[];
  readonly total: number;
}

export interface CountTable {
  readonly rows: readonly (Numbers & { readonly state: State })[];
  readonly all: Numbers;
}

/** Adds up the counts by state and provider. */
export function toTable(counts: readonly Count[]): CountTable {
  const others = counts.map(({ state }) => state).filter((state) => !listedStates.includes(state));
  const states = [...listedStates, ...new Set(others)];
  return {
    rows: states.map((state) => ({ state, ...add(counts.filter((count) => count.state === state)) })),
    all: add(counts),
  };
}

// The total includes what a newer server counts for other providers.
function add(counts: readonly Count[]): Numbers {
  return {
    ofProviders: providers.map((provider) => sum(counts.filter((count) => count.provider === provider))),
    total: sum(counts),
  };
}

function sum(counts: readonly Count[]): number {
  return counts.reduce((total, { count }) => total + Number(count), 0);
}
