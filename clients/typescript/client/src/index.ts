export { AccessToken } from "./accessToken.js";
export { ConnectionStateClient, createConnectionStateClient, type CallOptions, type ClientOptions, type ReadOptions } from "./client.js";
export { isRetryable, toFailure, type ErrorReason, type Failure } from "./failure.js";
export * from "./pages.js";
export type { PageListWatch } from "./pageListWatch.js";
export { newRequestId, retry, retryWithRequestId } from "./retry.js";
export type { IssuedToken, TokenSource } from "./tokenSource.js";
export { initialView, type LiveStatus, type PageListView } from "./view.js";

// The generated messages.
export * from "./gen/connectionstate/v1/change_pb.js";
export * from "./gen/connectionstate/v1/connect_service_pb.js";
export * from "./gen/connectionstate/v1/page_pb.js";
export * from "./gen/connectionstate/v1/page_service_pb.js";
export * from "./gen/connectionstate/v1/watch_service_pb.js";
export { Connection_State as State, ConnectSession_Step as Step } from "./gen/connectionstate/v1/page_pb.js";
