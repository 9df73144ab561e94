import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "./gen/google/rpc/error_details_pb";

/** Why a call failed. `reason` is the service's error reason, UNREACHABLE for an outage, or UNEXPECTED for any other error. */
export interface Failure {
  readonly reason: string;
  /** The metadata of the service's error, or empty. */
  readonly values: Readonly<Record<string, string>>;
  readonly message: string;
}

export function toFailure(error: unknown): Failure {
  const connectError = ConnectError.from(error);
  const info = errorInfoOf(connectError);
  if (info) return { reason: info.reason, values: info.metadata, message: connectError.rawMessage };
  return { reason: isOutage(connectError) ? "UNREACHABLE" : "UNEXPECTED", values: {}, message: connectError.rawMessage };
}

// Without an ErrorInfo, these codes come from the network or a proxy, not from the service.
function isOutage(error: ConnectError): boolean {
  return [Code.Unavailable, Code.DeadlineExceeded, Code.Unknown, Code.Aborted].includes(error.code);
}

/** Whether a retry with the same request id is safe and may succeed. */
export function isRetryable(error: unknown): boolean {
  const connectError = ConnectError.from(error);
  return errorInfoOf(connectError) ? [Code.Unavailable, Code.Aborted].includes(connectError.code) : isOutage(connectError);
}

function errorInfoOf(error: ConnectError) {
  return error.findDetails(ErrorInfoSchema).find((detail) => detail.domain === "connectionstate");
}
