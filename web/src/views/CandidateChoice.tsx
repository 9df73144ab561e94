import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { type Candidate, Candidate_Eligibility as Eligibility, type ConnectSession, ConnectSession_Step as Step, type Provider } from "@connectionstate/client";
import { text } from "../app";
import { choosePage } from "../actions";
import { currentKey, isSelectable, selectedCandidate, shownCandidates } from "../state/candidates";
import { eligibilityKeys, roleKeys, withProvider } from "../text/names";
import { ConnectionBadge } from "./parts";

interface Props {
  readonly merchant: string;
  readonly session: ConnectSession;
  readonly onSessionChanged: (session: ConnectSession | undefined) => void;
}

// An account may have thousands of pages.
const firstShown = 50;

// Below this number, the list is seen at a glance and needs no filter.
const fewCandidates = 8;

/** Chooses a page (R3 to R5). Each shows what the merchant has of it; those that cannot be chosen show the reason. */
export function CandidateChoice({ merchant, session, onSessionChanged }: Props) {
  const words = text.value.add;
  const [picked, setPicked] = useState<string>();
  const [filter, setFilter] = useState("");
  const [limit, setLimit] = useState(firstShown);
  const [busy, setBusy] = useState(false);
  // Computed on each render: the candidates may change while the form is open.
  const chosen = selectedCandidate(session, picked);
  const isLong = session.candidates.length > fewCandidates;
  const question = session.step === Step.CHOOSE_PAGE ? words.choose : text.value.step.permission;
  const { shown, matching } = shownCandidates(session.candidates, filter, limit, chosen);

  async function choose() {
    if (busy || chosen === undefined) return;
    setBusy(true);
    const reply = await choosePage(merchant, session.sessionId, chosen, () => void choose());
    setBusy(false);
    onSessionChanged(reply?.session);
  }

  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        void choose();
      }}
    >
      {isLong && <Filter value={filter} onInput={setFilter} />}
      <fieldset class="candidates">
        <legend>{question}</legend>
        <Scroll label={isLong ? question : undefined}>
          {shown.map((candidate) => (
            <CandidateRow key={candidate.pageId} candidate={candidate} provider={session.provider} chosen={chosen === candidate.pageId} onPick={setPicked} />
          ))}
        </Scroll>
      </fieldset>
      {isLong && (
        <p class="hint" role="status">
          {words.shown(shown.length, session.candidates.length)}
        </p>
      )}
      <div class="row wrap candidate-actions">
        {session.step === Step.CHOOSE_PAGE && (
          <button type="submit" class="primary" disabled={chosen === undefined} aria-disabled={busy}>
            {words.chooseButton}
          </button>
        )}
        {matching > limit && (
          <button type="button" onClick={() => setLimit(limit + firstShown)}>
            {words.more}
          </button>
        )}
      </div>
    </form>
  );
}

// A long list scrolls by itself, so that the button below it stays near.
function Scroll({ label, children }: { readonly label?: string; readonly children: ComponentChildren }) {
  if (label === undefined) return <div class="candidate-list">{children}</div>;
  return (
    <div class="candidate-list long" role="group" tabIndex={0} aria-label={label}>
      {children}
    </div>
  );
}

function Filter({ value, onInput }: { readonly value: string; readonly onInput: (filter: string) => void }) {
  // Enter must not choose the page that happens to be selected.
  return (
    <label class="field candidate-filter">
      {text.value.add.filter}
      <input
        type="search"
        autocomplete="off"
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
      />
    </label>
  );
}

interface RowProps {
  readonly candidate: Candidate;
  readonly provider: Provider;
  readonly chosen: boolean;
  readonly onPick: (pageId: string) => void;
}

function CandidateRow({ candidate, provider, chosen, onPick }: RowProps) {
  const selectable = isSelectable(candidate);
  const why = withProvider(text.value, text.value.add[eligibilityKeys[candidate.eligibility] ?? "cannotBeChosen"], provider);
  const role = candidate.role ? text.value.desk.roles[roleKeys[candidate.role]] : candidate.tasks.join(", ");
  return (
    <label class={selectable ? "candidate" : "candidate impossible"}>
      <input type="radio" name="page" value={candidate.pageId} checked={chosen} disabled={!selectable} onChange={() => onPick(candidate.pageId)} />
      <span class="grow">
        <b>{candidate.name}</b>
        <small>
          {candidate.pageId}
          {role && ` · ${role}`}
        </small>
        <Current candidate={candidate} />
      </span>
      <small class={candidate.eligibility === Eligibility.ELIGIBLE ? "good" : "why"}>{why}</small>
    </label>
  );
}

// What the merchant has of the page already.
function Current({ candidate }: { readonly candidate: Candidate }) {
  const key = currentKey(candidate);
  if (!key || !candidate.current) return null;
  return (
    <small class="current">
      <ConnectionBadge connection={candidate.current} /> {text.value.add.current[key]}
    </small>
  );
}
