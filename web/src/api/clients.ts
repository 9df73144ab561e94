import { createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { ConnectService } from "./gen/connectionstate/v1/connect_service_pb";
import { PageService } from "./gen/connectionstate/v1/page_service_pb";
import { PlanService } from "./gen/connectionstate/v1/plan_service_pb";
import { SignalService } from "./gen/connectionstate/v1/signal_service_pb";
import { WatchService } from "./gen/connectionstate/v1/watch_service_pb";

// The API is where the console came from, and nowhere else.
const baseUrl = typeof location === "undefined" ? "http://localhost" : location.origin;

const transport = createGrpcWebTransport({ baseUrl });
const calls = createGrpcWebTransport({ baseUrl, defaultTimeoutMs: 10_000 });

export const connecting = createClient(ConnectService, calls);
export const pages = createClient(PageService, calls);
export const plans = createClient(PlanService, calls);
export const signals = createClient(SignalService, calls);
export const watching = createClient(WatchService, transport);
