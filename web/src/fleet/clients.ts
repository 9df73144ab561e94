import { createClient } from "@connectrpc/connect";
import { PageService } from "@connectionstate/client";
import { FleetService } from "@connectionstate/client/services";
import { client } from "../api/client";

// The calls of operators, which the client of a merchant's screen does not make.
export const fleetClient = createClient(FleetService, client.transport);
export const pageClient = createClient(PageService, client.transport);
