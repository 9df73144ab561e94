// The services that screens of merchants do not call: for connectors, billing, support and tools. Use them with `client.transport`.
export * from "./gen/connectionstate/v1/errors_pb.js";
export * from "./gen/connectionstate/v1/fleet_service_pb.js";
export * from "./gen/connectionstate/v1/merchant_service_pb.js";
export * from "./gen/connectionstate/v1/plan_service_pb.js";
export * from "./gen/connectionstate/v1/signal_service_pb.js";
export * from "./gen/connectionstate/v1/token_service_pb.js";
export * from "./gen/google/rpc/error_details_pb.js";
