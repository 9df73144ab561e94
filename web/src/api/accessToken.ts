import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { AccessToken } from "../state/accessToken";
import { monotonicClock } from "../state/monotonicClock";
import { ErrorInfoSchema } from "./gen/google/rpc/error_details_pb";

/** The token of this tab. */
export const accessToken = new AccessToken({
  now: Date.now,
  monotonicNow: monotonicClock(Date.now, () => performance.now()),
  setTimer: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
});

/** Sends the token with each call. A call with a token that has ended fails as it would at the server, without being sent. */
export function sendToken(token: AccessToken): Interceptor {
  const reportRefusal = (error: unknown): never => {
    if (ConnectError.from(error).code === Code.Unauthenticated) token.refuse();
    throw error;
  };
  async function* reportRefusalOf<T>(messages: AsyncIterable<T>): AsyncIterable<T> {
    try {
      yield* messages;
    } catch (error) {
      reportRefusal(error);
    }
  }

  return (next) => async (request) => {
    if (token.hasEnded) throw expired();
    if (token.current !== undefined) request.header.set("authorization", `Bearer ${token.current}`);
    const response = await next(request).catch(reportRefusal);
    return response.stream ? { ...response, message: reportRefusalOf(response.message) } : response;
  };
}

function expired(): ConnectError {
  const value = create(ErrorInfoSchema, { reason: "TOKEN_EXPIRED", domain: "connectionstate" });
  return new ConnectError("the token has expired", Code.Unauthenticated, undefined, [{ desc: ErrorInfoSchema, value }]);
}
