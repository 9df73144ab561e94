import { createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { accessToken, sendToken } from "./accessToken";
import { ConnectService } from "./gen/connectionstate/v1/connect_service_pb";
import { PageService } from "./gen/connectionstate/v1/page_service_pb";
import { PlanService } from "./gen/connectionstate/v1/plan_service_pb";
import { SignalService } from "./gen/connectionstate/v1/signal_service_pb";
import { WatchService } from "./gen/connectionstate/v1/watch_service_pb";

// The console only calls the origin it was loaded from.
const baseUrl = typeof location === "undefined" ? "http://localhost" : location.origin;

const interceptors = [sendToken(accessToken)];
const streamTransport = createGrpcWebTransport({ baseUrl, interceptors });
const unaryTransport = createGrpcWebTransport({ baseUrl, interceptors, defaultTimeoutMs: 10_000 });

export const connectClient = createClient(ConnectService, unaryTransport);
export const pageClient = createClient(PageService, unaryTransport);
export const planClient = createClient(PlanService, unaryTransport);
export const signalClient = createClient(SignalService, unaryTransport);
export const watchClient = createClient(WatchService, streamTransport);
