import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { attempt, tell, text } from "../app";
import { connecting, plans, signals } from "../api/clients";
import { send } from "../api/send";
import type { Plan, Provider } from "../api/gen/connectionstate/v1/page_pb";
import { Signal, SignalOutcome_Result as Result, type SignalOutcome } from "../api/gen/connectionstate/v1/signal_service_pb";
import type { Page } from "../state/routes";
import { outcomeKeys, providerName } from "../text/names";
import type { Person } from "./cast";

// The desk says what connectors, webhook receivers and billing say, and says it as they do: through the public API.

function actorOf(provider: Provider): string {
  return `${providerName(text.value, provider)} (desk)`;
}

export async function signIn(merchantId: string, sessionId: string, provider: Provider, person: Person) {
  const { accountId, name, personal, pages } = person;
  return attempt(() =>
    send((requestId) =>
      connecting.submitAccount({
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

export async function allow(merchantId: string, sessionId: string, provider: Provider, messagingConsent: boolean) {
  return attempt(() => send((requestId) => connecting.grant({ merchantId, sessionId, messagingConsent, requestId, actor: actorOf(provider) })));
}

export async function deny(merchantId: string, sessionId: string, provider: Provider) {
  return attempt(() => send((requestId) => connecting.refuse({ merchantId, sessionId, requestId, actor: actorOf(provider) })));
}

export async function report(merchantId: string, page: Page, signal: Signal, action: string): Promise<void> {
  const observedAt = timestampFromMs(Date.now());
  const actor = actorOf(page.provider);
  const done = await attempt(() => send((requestId) => signals.reportSignal({ page, merchantId, signal, observedAt, requestId, actor })));
  if (done) tellOutcome(action, done.outcomes);
}

export async function reportError(merchantId: string, page: Page, code: number, subcode: number | undefined) {
  const observedAt = timestampFromMs(Date.now());
  const actor = actorOf(page.provider);
  return attempt(() =>
    send((requestId) => signals.reportProviderError({ page, merchantId, code, subcode, observedAt, requestId, actor })),
  );
}

export async function renew(merchantId: string, page: Page, lifetime: number): Promise<void> {
  const expiresAt = timestampFromMs(Date.now() + lifetime);
  const actor = actorOf(page.provider);
  const done = await attempt(() => send((requestId) => signals.renewGrant({ merchantId, page, expiresAt, requestId, actor })));
  if (done) tell("good", text.value.desk.done(text.value.desk.renew));
}

export async function setPlan(merchantId: string, plan: Plan, boughtPages: number): Promise<void> {
  const done = await attempt(() => send((requestId) => plans.setPlan({ merchantId, plan, boughtPages, requestId, actor: "billing (desk)" })));
  if (done) tell("good", text.value.desk.done(text.value.desk.setPlan));
}

export function outcomeWords(outcomes: readonly SignalOutcome[]): string {
  const words = text.value.desk;
  return outcomes.map(({ result }) => words.outcome[outcomeKeys[result] ?? "none"]).join(" ") || words.noOutcome;
}

function tellOutcome(action: string, outcomes: readonly SignalOutcome[]): void {
  const good = outcomes.every(({ result }) => result === Result.APPLIED || result === Result.UNCHANGED);
  tell(good ? "good" : "bad", `${action}: ${outcomeWords(outcomes)}`);
}
