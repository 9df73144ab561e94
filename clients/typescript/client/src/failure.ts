import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import type { ErrorReason as ReasonEnum } from "./gen/connectionstate/v1/errors_pb.js";
import { ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";

/** The service's error reasons; errors.proto describes each with its metadata. */
export type ErrorReason = Exclude<keyof typeof ReasonEnum, "UNSPECIFIED">;

/** Why a call failed. */
export interface Failure {
  /** The service's error reason, UNREACHABLE for an outage, or UNEXPECTED for any other error. A newer service may have more reasons. */
  readonly reason: ErrorReason | "UNREACHABLE" | "UNEXPECTED" | (string & {});
  /** The metadata of the service's error, or empty. */
  readonly values: Readonly<Record<string, string>>;
  /** What the service says about it, in English, for logs. */
  readonly message: string;
  /** After how many milliseconds the service wants to be asked again, if it said so. */
  readonly retryAfter?: number;
}

/** The failure of a stream that another tab reads for this one. */
export class SharedStreamError extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

/** Decodes what a call of this package threw. */
export function toFailure(error: unknown): Failure {
  if (error instanceof SharedStreamError) return error.failure;
  const connectError = ConnectError.from(error);
  const info = errorInfoOf(connectError);
  const message = connectError.rawMessage;
  if (!info) return { reason: isOutage(connectError) ? "UNREACHABLE" : "UNEXPECTED", values: {}, message };
  const delay = connectError.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return { reason: info.reason, values: info.metadata, message, retryAfter: delay && durationMs(delay) };
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
