import { memo } from "preact/compat";
import { Cause, type Change, type Change_HealthChanged, type Change_Transition, Connection_State as State, Health, Plan } from "@connectionstate/client";
import { language, text } from "../app";
import { actorText, causeText, doubtText, providerName, stepKeys, triggerKeys } from "../text/names";
import { duration, exact, milliseconds } from "../text/time";
import { Icon } from "./Icon";
import { CheckingBadge, EvidenceText, StateBadge } from "./parts";

interface Props {
  readonly change: Change;
  readonly outage?: number;
  readonly name?: string;
}

/** One entry of the history. Memoized, because an entry never changes. */
export const HistoryEntry = memo(function HistoryEntry({ change, outage, name }: Props) {
  const words = text.value.history;
  const at = milliseconds(change.at) ?? 0;
  const { kind } = change;
  const grantId = (kind.case === "transition" || kind.case === "healthChanged") && kind.value.grantId;
  return (
    <li class={kind.case === "transition" ? "entry" : "entry minor"}>
      <time dateTime={new Date(at).toISOString()}>{exact(language.value, at)}</time>
      <div class="entry-words">
        {name && <b class="entry-page">{name}</b>}
        <Title change={change} />
        {kind.case === "transition" && <CauseText transition={kind.value} />}
        {kind.case === "healthChanged" && <Doubt change={kind.value} />}
        {(kind.case === "transition" || kind.case === "healthChanged") && kind.value.evidence && <EvidenceText evidence={kind.value.evidence} provider={kind.value.page?.provider} />}
        {outage !== undefined && <p class="outage">{words.out(duration(language.value, outage))}</p>}
        <p class="hint">
          {words.revision(String(change.revision))} · {actorText(text.value, change.actor)}
          {grantId && ` · ${words.grant(grantId)}`}
        </p>
      </div>
    </li>
  );
});

function Title({ change: { kind } }: { readonly change: Change }) {
  const words = text.value.history;
  switch (kind.case) {
    case "transition":
      return (
        <p class="states">
          <b>{text.value.trigger[triggerKeys[kind.value.trigger] ?? "none"]}</b>
          {kind.value.from !== State.UNSPECIFIED && kind.value.from !== kind.value.to && (
            <>
              <StateBadge state={kind.value.from} />
              <Icon name="arrow" />
            </>
          )}
          <StateBadge state={kind.value.to} lost={kind.value.cause === Cause.SIGNED_IN_ELSEWHERE} />
        </p>
      );
    case "healthChanged":
      return <p class="states">{kind.value.health === Health.SUSPECT ? <CheckingBadge /> : <span class="badge connected">{text.value.health.ok}</span>}</p>;
    case "acknowledged":
      return <p>{words.acknowledged}</p>;
    case "erased":
      return <p>{words.erased}</p>;
    case "expiryWarning":
      return <p>{words.warning(exact(language.value, milliseconds(kind.value.expiresAt) ?? 0))}</p>;
    case "planChanged":
      return <p>{words.plan(kind.value.plan === Plan.TRIAL ? text.value.pages.trial : text.value.pages.standard, kind.value.limit)}</p>;
    case "sessionMoved":
      return <p>{words.session(providerName(text.value, kind.value.provider), text.value.step[stepKeys[kind.value.step] ?? "none"])}</p>;
    case "imported":
      return <p>{words.imported(kind.value.source)}</p>;
    default:
      return null;
  }
}

function CauseText({ transition }: { readonly transition: Change_Transition }) {
  const cause = causeText(text.value, transition.cause, transition.page?.provider);
  return cause ? <p>{cause}</p> : null;
}

function Doubt({ change }: { readonly change: Change_HealthChanged }) {
  return change.health === Health.SUSPECT ? <p>{doubtText(text.value, change.evidence)}</p> : null;
}
