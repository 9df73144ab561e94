import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "./gen/google/rpc/error_details_pb";

/** Why a call failed: the service's own reason with its values, or that it was not reached. */
export interface Failure {
  readonly reason: string;
  readonly values: Readonly<Record<string, string>>;
  readonly message: string;
}

export function toFailure(error: unknown): Failure {
  const failed = ConnectError.from(error);
  const info = infoOf(failed);
  if (info) return { reason: info.reason, values: info.metadata, message: failed.rawMessage };
  return { reason: isOutage(failed) ? "UNREACHABLE" : "UNEXPECTED", values: {}, message: failed.rawMessage };
}

// A request that a network or a proxy ate has no gRPC status of the service.
function isOutage(error: ConnectError): boolean {
  return [Code.Unavailable, Code.DeadlineExceeded, Code.Unknown, Code.Aborted].includes(error.code);
}

/** A retry with the same request id is safe, and may help: the service says so, or its answer was lost on the way. */
export function isWorthARetry(error: unknown): boolean {
  const failed = ConnectError.from(error);
  return infoOf(failed) ? [Code.Unavailable, Code.Aborted].includes(failed.code) : isOutage(failed);
}

function infoOf(error: ConnectError) {
  return error.findDetails(ErrorInfoSchema).find((detail) => detail.domain === "connectionstate");
}
