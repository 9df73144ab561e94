import { signal } from "@preact/signals";
import { type Cause, Connection_State as State, type Page, type Provider } from "@connectionstate/client";

// What an operator looks for. Kept while the tab is open, so that the way back from a merchant leads to the same list.

/** Which lost connections are listed. */
export interface LossFilter {
  readonly provider?: Provider;
  readonly state?: State;
  readonly cause?: Cause;
}

/** Merchants by the beginning of their id. */
export interface WantedMerchants {
  readonly prefix: string;
}

/** The merchants that have a page. */
export interface WantedPage {
  readonly page: Page;
}

export const lossFilter = signal<LossFilter>({});
export const search = signal<WantedMerchants | WantedPage | undefined>(undefined);

/** The states that are a loss as long as they are listed. */
export const lostStates: readonly State[] = [State.EXPIRED, State.REVOKED, State.DELETED, State.DISCONNECTED];
