import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { AccessToken } from "./accessToken.js";
import { ErrorInfoSchema } from "./gen/google/rpc/error_details_pb.js";

/** A merchant token with its expiry, as the service issues it. */
export interface IssuedToken {
  readonly token: string;
  /** RFC 3339, or milliseconds since the epoch. Without it, only the service decides when the token expires. */
  readonly expiresAt?: string | number | Date;
}

/**
 * Where merchant tokens come from: a token, a function that gets one from your backend, or an AccessToken that your code sets. A function is
 * called before the first call, at 80 % of the token's lifetime, and when the service refused the token.
 */
export type TokenSource = string | (() => Promise<string | IssuedToken>) | AccessToken;

/** A token that calls can use. */
export interface OpenedToken {
  readonly token: AccessToken;
  /** Resolves when there is a token, and rejects if the source failed. */
  readonly ready: () => Promise<void>;
}

/** Turns a source into a token that calls can use. */
export function openTokenSource(source: TokenSource | undefined): OpenedToken {
  if (source instanceof AccessToken) return { token: source, ready: () => Promise.resolve() };
  const token = new AccessToken();
  if (typeof source === "string") token.set(source);
  if (typeof source !== "function") return { token, ready: () => Promise.resolve() };

  let fetching: Promise<void> | undefined;
  const fetchToken = () =>
    (fetching ??= source()
      .then((issued) => (typeof issued === "string" ? token.set(issued) : token.set(issued.token, toTime(issued.expiresAt))))
      .finally(() => (fetching = undefined)));
  token.onDue = () => void fetchToken().catch(() => {});
  return { token, ready: () => (token.current === undefined || token.hasEnded ? fetchToken() : Promise.resolve()) };
}

function toTime(expiresAt: IssuedToken["expiresAt"]): number | undefined {
  const time = expiresAt === undefined ? NaN : new Date(expiresAt).getTime();
  return Number.isNaN(time) ? undefined : time;
}

// What differs between the tokens of one person: the registered claims for times and ids, and the service's own time.
const claimsOfOneToken = ["exp", "iat", "nbf", "jti", "issued_at_ms"];

/**
 * Returns a key of whom a token is for: the same for all tokens of a person with the same rights, the empty string without a token, or
 * undefined if the token does not tell. Nothing is verified: the key only says which tabs may share.
 */
export function holderOf(token: string | undefined): string | undefined {
  if (token === undefined) return "";
  try {
    const payload = atob(token.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/"));
    const claims = Object.entries(JSON.parse(payload) as object).filter(([name]) => !claimsOfOneToken.includes(name));
    return JSON.stringify(claims.sort(([one], [other]) => (one < other ? -1 : 1)));
  } catch {
    return undefined;
  }
}

/** Sends the token with each call. A call with a token that has ended fails as it would at the service, without being sent. */
export function sendToken(token: AccessToken, ready: () => Promise<void> = () => Promise.resolve()): Interceptor {
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
    await ready().catch((error: unknown) => {
      throw new ConnectError(`no token: ${String(error)}`, Code.Unavailable);
    });
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
