import { AccessToken, type ClientOptions, createConnectionStateClient } from "@connectionstate/client";

/** The token of this tab. */
export const accessToken = new AccessToken();

/** Calls the origin that the console was loaded from, until another client is set. */
export let client = createConnectionStateClient({ token: accessToken, actor: "console" });

/** Calls another service, or with another token, from now on. */
export function callWith(options: ClientOptions): void {
  client = createConnectionStateClient(options);
}
