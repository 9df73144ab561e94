import { AccessToken, createConnectionStateClient } from "@connectionstate/client";

/** The token of this tab. */
export const accessToken = new AccessToken();

/** Calls the origin that the console was loaded from. */
export const client = createConnectionStateClient({ token: accessToken, actor: "console" });
