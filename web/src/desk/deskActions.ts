import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { notify, text, tryOrNotify } from "../app";
import { connectClient, planClient, signalClient } from "../api/clients";
import { retryWithRequestId } from "../api/retry";
import type { Plan, Provider } from "../api/gen/connectionstate/v1/page_pb";
import { Signal, SignalOutcome_Result as Result, type SignalOutcome } from "../api/gen/connectionstate/v1/signal_service_pb";
import type { Page } from "../state/routes";
import { outcomeKeys, providerName } from "../text/names";
import type { SampleAccount } from "./sampleAccounts";

// The provider desk makes the calls of connectors, webhook receivers and billing, through the public API.

function actorOf(provider: Provider): string {
  return `${providerName(text.value, provider)} (desk)`;
}

export async function signIn(merchantId: string, sessionId: string, provider: Provider, sample: SampleAccount) {
  const { accountId, name, personal, pages } = sample;
  return tryOrNotify(() =>
    retryWithRequestId((requestId) =>
      connectClient.submitAccount({
        merchantId,
        sessionId,
        account: { accountId, name, personal },
        candidates: [...pages],
        requestId,
        actor: actorOf(provider),
      }),
    ),
  );
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

export async function reportError(merchantId: string, page: Page, code: number, subcode: number | undefined) {
  const observedAt = timestampFromMs(Date.now());
  const actor = actorOf(page.provider);
  return tryOrNotify(() =>
    retryWithRequestId((requestId) => signalClient.reportProviderError({ page, merchantId, code, subcode, observedAt, requestId, actor })),
  );
}

export async function renewGrant(merchantId: string, page: Page, lifetime: number): Promise<void> {
  const expiresAt = timestampFromMs(Date.now() + lifetime);
  const actor = actorOf(page.provider);
  const reply = await tryOrNotify(() => retryWithRequestId((requestId) => signalClient.renewGrant({ merchantId, page, expiresAt, requestId, actor })));
  if (reply) notify("good", text.value.desk.done(text.value.desk.renew));
}

export async function setPlan(merchantId: string, plan: Plan, boughtPages: number): Promise<void> {
  const reply = await tryOrNotify(() =>
    retryWithRequestId((requestId) => planClient.setPlan({ merchantId, plan, boughtPages, requestId, actor: "billing (desk)" })),
  );
  if (reply) notify("good", text.value.desk.done(text.value.desk.setPlan));
}

export function outcomeText(outcomes: readonly SignalOutcome[]): string {
  const words = text.value.desk;
  return outcomes.map(({ result }) => words.outcome[outcomeKeys[result] ?? "none"]).join(" ") || words.noOutcome;
}

function notifyOutcome(action: string, outcomes: readonly SignalOutcome[]): void {
  const good = outcomes.every(({ result }) => result === Result.APPLIED || result === Result.UNCHANGED);
  notify(good ? "good" : "bad", `${action}: ${outcomeText(outcomes)}`);
}
