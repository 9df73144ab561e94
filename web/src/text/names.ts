import {
  Candidate_Eligibility as Eligibility,
  Cause,
  Connection_State as State,
  type ConnectSession,
  ConnectSession_Step as Step,
  type Evidence,
  Evidence_Source as Source,
  type Failure,
  PageRole,
  Provider,
  Signal,
  Trigger,
} from "@connectionstate/client";
import type { Texts } from ".";

// Maps the values of the API's enums to text keys. The compiler reports a missing value. A newer server may send values that are
// not in these maps.

type Key<Section extends keyof Texts> = keyof Texts[Section];

export const stateKeys: Record<State, Key<"state">> = {
  [State.UNSPECIFIED]: "none",
  [State.PENDING]: "pending",
  [State.CONNECTED]: "connected",
  [State.REFUSED]: "refused",
  [State.EXPIRED]: "expired",
  [State.REVOKED]: "revoked",
  [State.DELETED]: "deleted",
  [State.DISCONNECTED]: "disconnected",
};

export const causeKeys: Record<Cause, Key<"cause">> = {
  [Cause.UNSPECIFIED]: "none",
  [Cause.CONSENT_REFUSED]: "consentRefused",
  [Cause.SESSION_TIMED_OUT]: "sessionTimedOut",
  [Cause.TOKEN_EXPIRED]: "tokenExpired",
  [Cause.PERMISSION_REVOKED]: "permissionRevoked",
  [Cause.ROLE_LOST]: "roleLost",
  [Cause.PAGE_DELETED]: "pageDeleted",
  [Cause.SIGNED_IN_ELSEWHERE]: "signedInElsewhere",
  [Cause.MERCHANT_DISCONNECTED]: "merchantDisconnected",
};

export const stepKeys: Record<Step, Key<"step">> = {
  [Step.UNSPECIFIED]: "none",
  [Step.SIGN_IN]: "signIn",
  [Step.PERMISSION]: "permission",
  [Step.CHOOSE_PAGE]: "choosePage",
  [Step.CONSENT]: "consent",
  [Step.CONNECTED]: "connected",
  [Step.REFUSED]: "refused",
  [Step.LOST]: "lost",
  [Step.TIMED_OUT]: "timedOut",
};

export const triggerKeys: Record<Trigger, Key<"trigger">> = {
  [Trigger.UNSPECIFIED]: "none",
  [Trigger.REQUEST]: "request",
  [Trigger.GRANT]: "grant",
  [Trigger.REFUSE]: "refuse",
  [Trigger.RENEW]: "renew",
  [Trigger.EXPIRE]: "expire",
  [Trigger.REVOKE]: "revoke",
  [Trigger.DELETE]: "delete",
  [Trigger.DISPLACE]: "displace",
  [Trigger.DISCONNECT]: "disconnect",
  [Trigger.RESTORE]: "restore",
};

export const signalKeys: Record<Signal, Key<"doubt">> = {
  [Signal.UNSPECIFIED]: "none",
  [Signal.TOKEN_EXPIRED]: "tokenExpired",
  [Signal.PERMISSION_REVOKED]: "permissionRevoked",
  [Signal.ROLE_LOST]: "roleLost",
  [Signal.PAGE_DELETED]: "pageDeleted",
  [Signal.SIGNED_IN_ELSEWHERE]: "signedInElsewhere",
};

export const sourceKeys: Record<Source, Key<"source">> = {
  [Source.UNSPECIFIED]: "none",
  [Source.SIGNAL]: "signal",
  [Source.PROVIDER_ERROR]: "providerError",
  [Source.NOT_GRANTED]: "notGranted",
  [Source.SUCCESS]: "success",
};

type EligibilityKey = "cannotBeChosen" | "eligible" | "roleTooLow" | "alreadyConnected" | "deleted" | "otherPage" | "invalidId";

export const eligibilityKeys: Record<Eligibility, EligibilityKey> = {
  [Eligibility.UNSPECIFIED]: "cannotBeChosen",
  [Eligibility.ELIGIBLE]: "eligible",
  [Eligibility.ROLE_TOO_LOW]: "roleTooLow",
  [Eligibility.ALREADY_CONNECTED]: "alreadyConnected",
  [Eligibility.DELETED]: "deleted",
  [Eligibility.OTHER_PAGE]: "otherPage",
  [Eligibility.INVALID_ID]: "invalidId",
};

export const roleKeys: Record<PageRole, keyof Texts["desk"]["roles"]> = {
  [PageRole.UNSPECIFIED]: "none",
  [PageRole.ANALYST]: "analyst",
  [PageRole.ADVERTISER]: "advertiser",
  [PageRole.MODERATOR]: "moderator",
  [PageRole.EDITOR]: "editor",
  [PageRole.ADMIN]: "admin",
};

export function providerName(text: Texts, provider: Provider): string {
  return provider === Provider.ZALO ? text.provider.zalo : text.provider.facebook;
}

export function pageKindName(text: Texts, provider: Provider): string {
  return provider === Provider.ZALO ? text.provider.zaloPage : text.provider.facebookPage;
}

// The prefix of the actor in changes that the service makes itself.
const serviceActorPrefix = "connectionstate:";

export function isServiceActor(actor: string): boolean {
  return actor.startsWith(serviceActorPrefix);
}

/** Who made a change. The actor is optional. */
export function actorText(text: Texts, actor: string): string {
  if (actor === "") return text.history.byUnknown;
  return isServiceActor(actor) ? text.history.byItself : text.history.by(actor);
}

/**
 * What a session that was refused or timed out has changed: nothing about a page that is listed, whose name is given; a new page that it
 * chose has left the list.
 */
export function sessionEndText(text: Texts, session: ConnectSession, listedName?: string): string {
  const { add } = text;
  const timedOut = session.step === Step.TIMED_OUT;
  if (listedName !== undefined) return (timedOut ? add.timedOutListedLead : add.refusedListedLead)(listedName);
  if (session.page) return timedOut ? add.timedOutPageLead : add.refusedPageLead;
  return timedOut ? add.timedOutLead : add.refusedLead;
}

/** What makes a page suspect. */
export function doubtText(text: Texts, evidence: Evidence | undefined): string {
  if (evidence?.source === Source.NOT_GRANTED) return text.doubt.notGranted;
  return text.doubt[signalKeys[evidence?.signal ?? Signal.UNSPECIFIED] ?? "none"];
}

/** Puts the name of the provider into a text that names it. */
export function withProvider(text: Texts, words: string, provider: Provider | undefined): string {
  return words.replace("{provider}", providerName(text, provider ?? Provider.FACEBOOK));
}

export function causeText(text: Texts, cause: Cause, provider: Provider | undefined): string {
  return withProvider(text, text.cause[causeKeys[cause] ?? "none"], provider);
}

export function remedyText(text: Texts, cause: Cause, provider: Provider | undefined): string {
  return withProvider(text, text.remedy[causeKeys[cause] ?? "none"], provider);
}

// The codes that say something about a connection, as docs/provider-errors.md lists them.
const meanings: readonly (readonly [Provider, RegExp, keyof Texts["history"]["meaning"]])[] = [
  [Provider.ZALO, /^-219$/, "oaRemovedApp"],
  [Provider.ZALO, /^-204$/, "oaDisabled"],
  [Provider.ZALO, /^-205$/, "oaMissing"],
  [Provider.ZALO, /^-216$/, "invalid"],
  [Provider.ZALO, /^-220$/, "expiredOrRemoved"],
  [Provider.ZALO, /^-223$/, "oaNotAuthorized"],
  [Provider.FACEBOOK, /^190\/458$/, "appRemoved"],
  [Provider.FACEBOOK, /^190\/459$/, "checkpoint"],
  [Provider.FACEBOOK, /^190\/460$/, "passwordChanged"],
  [Provider.FACEBOOK, /^190\/463$/, "expired"],
  [Provider.FACEBOOK, /^190\/464$/, "notConfirmed"],
  [Provider.FACEBOOK, /^190\/492$/, "roleLost"],
  [Provider.FACEBOOK, /^(190|102)(\/\d+)?$/, "invalid"],
  [Provider.FACEBOOK, /^(10|2\d\d)(\/\d+)?$/, "permission"],
  [Provider.FACEBOOK, /^100\/33$/, "notVisible"],
];

/** What the error of a provider means, or undefined if the console does not know it. */
export function meaningText(text: Texts, provider: Provider | undefined, evidence: Evidence): string | undefined {
  const code = codeText(evidence);
  const found = meanings.find(([of, pattern]) => code !== undefined && of === provider && pattern.test(code));
  return found && text.history.meaning[found[2]];
}

/** The error code of a provider, with the subcode if there is one. */
export function codeText(evidence: Evidence): string | undefined {
  if (evidence.code === undefined) return undefined;
  return evidence.subcode === undefined ? `${evidence.code}` : `${evidence.code}/${evidence.subcode}`;
}

/** Why no page can be chosen. */
export function noSelectablePageText(text: Texts, session: ConnectSession): string {
  return session.candidates.length === 0 ? text.add.noCandidates : text.add.permission;
}

export function failureText(text: Texts, failure: Failure): string {
  const { used, limit } = failure.values;
  // The error does not carry the plan, so the text cannot suggest to buy pages.
  if (failure.reason === "PAGE_QUOTA_EXCEEDED" && used && limit) {
    const limitText = Number(used) > Number(limit) ? text.pages.over : text.pages.taken;
    return limitText(Number(used), Number(limit));
  }

  const texts: Readonly<Record<string, string>> = text.failure;
  return texts[failure.reason] ?? text.failure.UNEXPECTED;
}
