import { createClient } from "@connectrpc/connect";
import { ConnectService } from "@connectionstate/client";
import { PlanService, SignalService } from "@connectionstate/client/services";
import { client } from "../api/client";

// The calls of connectors, webhook receivers and billing, which the client of a screen does not make.
export const connectClient = createClient(ConnectService, client.transport);
export const planClient = createClient(PlanService, client.transport);
export const signalClient = createClient(SignalService, client.transport);
