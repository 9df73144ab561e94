import { memo } from "preact/compat";
import { language, text } from "../app";
import type { Change, Change_Transition, Evidence } from "../api/gen/connectionstate/v1/change_pb";
import { Connection_State as State, Plan } from "../api/gen/connectionstate/v1/page_pb";
import { actorText, causeKeys, isServiceActor, providerName, stepKeys, triggerKeys } from "../text/names";
import { duration, exact, milliseconds } from "../text/time";
import { Icon } from "./Icon";
import { StateBadge } from "./parts";

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
  return (
    <li class={kind.case === "transition" ? "entry" : "entry minor"}>
      <time dateTime={new Date(at).toISOString()}>{exact(language.value, at)}</time>
      <div class="entry-words">
        {name && <b class="entry-page">{name}</b>}
        <Title change={change} />
        {kind.case === "transition" && <CauseAndEvidence transition={kind.value} />}
        {outage !== undefined && <p class="outage">{words.out(duration(language.value, outage))}</p>}
        <p class="hint">
          {words.revision(String(change.revision))} · {actorText(text.value, change.actor)}
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
          <StateBadge state={kind.value.to} />
        </p>
      );
    case "acknowledged":
      return <p>{words.acknowledged}</p>;
    case "expiryWarning":
      return <p>{words.warning(exact(language.value, milliseconds(kind.value.expiresAt) ?? 0))}</p>;
    case "planChanged":
      return <p>{words.plan(kind.value.plan === Plan.TRIAL ? text.value.pages.trial : text.value.pages.standard, kind.value.limit)}</p>;
    case "sessionMoved":
      return <p>{words.session(providerName(text.value, kind.value.provider), text.value.step[stepKeys[kind.value.step] ?? "none"])}</p>;
    default:
      return null;
  }
}

function CauseAndEvidence({ transition }: { readonly transition: Change_Transition }) {
  const cause = text.value.cause[causeKeys[transition.cause] ?? "none"];
  return (
    <>
      {cause && <p>{cause}</p>}
      {transition.evidence && <EvidenceText evidence={transition.evidence} />}
    </>
  );
}

function EvidenceText({ evidence }: { readonly evidence: Evidence }) {
  const words = text.value.history;
  const observed = milliseconds(evidence.observedAt);
  const parts = [
    evidence.code !== undefined && words.code(evidence.subcode === undefined ? `${evidence.code}` : `${evidence.code}/${evidence.subcode}`),
    observed !== undefined && words.observed(exact(language.value, observed)),
    evidence.reportedBy && !isServiceActor(evidence.reportedBy) && words.reportedBy(evidence.reportedBy),
  ].filter(Boolean);
  return parts.length > 0 ? <p class="evidence">{parts.join(" · ")}</p> : null;
}
