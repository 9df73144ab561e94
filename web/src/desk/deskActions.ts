import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Connection, type Page, type Plan, type Provider, retry, retryWithRequestId, type Signal, toFailure } from "@connectionstate/client";
import { ErrorReason, ProviderObject, type SignalOutcome, SignalOutcome_Result as Result } from "@connectionstate/client/services";
import { notify, text, tryOrNotify } from "../app";
import { client } from "../api/client";
import { connectClient, planClient, signalClient } from "./clients";
import { failureText, providerName } from "../text/names";
import { outcomeKeys } from "./names";
import type { SampleAccount } from "./sampleAccounts";

// The provider desk makes the calls of connectors, webhook receivers and billing, through the public API.

function actorOf(provider: Provider): string {
  return `${providerName(text.value, provider)} (desk)`;
}

/** Submits the account. The form shows why one is refused. */
export async function signIn(merchantId: string, sessionId: string, provider: Provider, sample: SampleAccount, complete: boolean) {
  const { accountId, name, personal, pages } = sample;
  try {
    const reply = await retryWithRequestId((requestId) =>
      connectClient.submitAccount({
        merchantId,
        sessionId,
        account: { accountId, name, personal },
        candidates: [...pages],
        complete,
        requestId,
        actor: actorOf(provider),
      }),
    );
    return { reply };
  } catch (error) {
    return { failure: toFailure(error) };
  }
}

export async function grantConsent(merchantId: string, sessionId: string, provider: Provider, messagingConsent: boolean) {
  return tryOrNotify(() =>
    retryWithRequestId((requestId) => connectClient.grant({ merchantId, sessionId, messagingConsent, requestId, actor: actorOf(provider) })),
  );
}

export async function refuseConsent(merchantId: string, sessionId: string, provider: Provider) {
  return tryOrNotify(() => retryWithRequestId((requestId) => connectClient.refuse({ merchantId, sessionId, requestId, actor: actorOf(provider) })));
}

export async function reportSignal(merchantId: string, page: Page, signal: Signal, action: string): Promise<void> {
  const observedAt = timestampFromMs(Date.now());
  const actor = actorOf(page.provider);
  const reply = await tryOrNotify(() =>
    retryWithRequestId((requestId) => signalClient.reportSignal({ page, merchantId, signal, observedAt, requestId, actor })),
  );
  if (reply) notifyOutcome(action, reply.outcomes);
}

/** Which grant's token a report or a renewal is about. */
export type GrantChoice = "current" | "older" | "unnamed";

export interface SampleError {
  readonly code: number;
  readonly subcode?: number;
  readonly message: string;
  readonly asksForPage: boolean;
  /** How long ago it was observed, in milliseconds. */
  readonly age: number;
  readonly grant: GrantChoice;
}

export async function reportError(merchantId: string, connection: Connection, error: SampleError) {
  const page = connection.page!;
  const { code, subcode, message } = error;
  const object = error.asksForPage ? ProviderObject.PAGE : ProviderObject.UNSPECIFIED;
  const observedAt = timestampFromMs(Date.now() - error.age);
  const actor = actorOf(page.provider);
  return withGrant(merchantId, connection, error.grant, (grantId) =>
    retryWithRequestId((requestId) =>
      signalClient.reportProviderError({ page, merchantId, code, subcode, message, object, observedAt, grantId, requestId, actor }),
    ),
  );
}

export async function reportSuccess(merchantId: string, connection: Connection): Promise<void> {
  const { page, grantId } = connection;
  const observedAt = timestampFromMs(Date.now());
  const successes = [{ merchantId, page, grantId: grantId || undefined, observedAt }];
  const reply = await tryOrNotify(() => retry(() => signalClient.reportSuccess({ successes, actor: actorOf(page!.provider) })));
  if (reply) notifyOutcome(text.value.desk.success, reply.outcomes);
}

export async function renewGrant(merchantId: string, connection: Connection, lifetime: number, grant: GrantChoice): Promise<void> {
  const page = connection.page!;
  const expiresAt = timestampFromMs(Date.now() + lifetime);
  const actor = actorOf(page.provider);
  const reply = await withGrant(merchantId, connection, grant, (grantId) =>
    retryWithRequestId((requestId) => signalClient.renewGrant({ merchantId, page, expiresAt, grantId, requestId, actor })),
  );
  if (reply?.result === Result.STALE) notify("bad", `${text.value.desk.renew}: ${text.value.desk.outcome.stale}`);
  else if (reply) notify("good", text.value.desk.done(text.value.desk.renew));
}

async function withGrant<T>(merchantId: string, connection: Connection, grant: GrantChoice, call: (grantId: string | undefined) => Promise<T>) {
  return tryOrNotify(async () => {
    const grantId = grant === "older" ? await findOlderGrant(merchantId, connection) : connection.grantId;
    if (grantId === undefined) {
      notify("bad", text.value.desk.noOlderGrant);
      return undefined;
    }
    return call(grant === "unnamed" || grantId === "" ? undefined : grantId);
  });
}

// Returns the newest earlier grant that the history names.
async function findOlderGrant(merchantId: string, { page, grantId }: Connection): Promise<string | undefined> {
  const { changes } = await client.listChanges(merchantId, { page, limit: 1_000 });
  const grants = changes.map(({ kind }) => (kind.case === "transition" ? kind.value.grantId : ""));
  return grants.findLast((other) => other !== "" && other !== grantId);
}

export async function setPlan(merchantId: string, plan: Plan, boughtPages: number): Promise<void> {
  const reply = await tryOrNotify(() =>
    retryWithRequestId((requestId) => planClient.setPlan({ merchantId, plan, boughtPages, requestId, actor: "billing (desk)" })),
  );
  if (reply) notify("good", text.value.desk.done(text.value.desk.setPlan));
}

export function outcomeText(outcomes: readonly SignalOutcome[]): string {
  const words = text.value.desk;
  return outcomes.map((outcome) => [words.outcome[outcomeKeys[outcome.result] ?? "none"], reasonText(outcome)].filter(Boolean).join(" ")).join(" ") || words.noOutcome;
}

function reasonText({ reason }: SignalOutcome): string {
  return reason === ErrorReason.UNSPECIFIED ? "" : failureText(text.value, { reason: ErrorReason[reason] ?? "UNEXPECTED", values: {}, message: "" });
}

function notifyOutcome(action: string, outcomes: readonly SignalOutcome[]): void {
  const good = outcomes.every(({ result }) => result === Result.APPLIED || result === Result.UNCHANGED);
  notify(good ? "good" : "bad", `${action}: ${outcomeText(outcomes)}`);
}
