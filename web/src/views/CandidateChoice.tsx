import { useState } from "preact/hooks";
import { text } from "../app";
import { choosePage } from "../actions";
import { Candidate_Eligibility as Eligibility, ConnectSession_Step as Step, type Candidate, type ConnectSession } from "../api/gen/connectionstate/v1/page_pb";
import { isSelectable, selectedCandidate } from "../state/candidates";
import { eligibilityKeys, roleKeys } from "../text/names";

interface Props {
  readonly merchant: string;
  readonly session: ConnectSession;
  readonly onSessionChanged: (session: ConnectSession | undefined) => void;
}

/** Chooses a page (R3 to R5). Pages that cannot be chosen show the reason. */
export function CandidateChoice({ merchant, session, onSessionChanged }: Props) {
  const words = text.value.add;
  const [picked, setPicked] = useState<string>();
  const [busy, setBusy] = useState(false);
  // Computed on each render: the candidates may change while the form is open.
  const chosen = selectedCandidate(session, picked);

  async function choose(event: Event) {
    event.preventDefault();
    if (busy || chosen === undefined) return;
    setBusy(true);
    const reply = await choosePage(merchant, session.sessionId, chosen);
    setBusy(false);
    onSessionChanged(reply?.session);
  }

  return (
    <form class="card" onSubmit={(event) => void choose(event)}>
      <fieldset class="candidates">
        <legend>{session.step === Step.CHOOSE_PAGE ? words.choose : text.value.step.permission}</legend>
        {session.candidates.map((candidate) => (
          <CandidateRow key={candidate.pageId} candidate={candidate} chosen={chosen === candidate.pageId} onPick={setPicked} />
        ))}
      </fieldset>
      {session.step === Step.CHOOSE_PAGE && (
        <button type="submit" class="primary" disabled={chosen === undefined} aria-disabled={busy}>
          {words.chooseButton}
        </button>
      )}
    </form>
  );
}

interface RowProps {
  readonly candidate: Candidate;
  readonly chosen: boolean;
  readonly onPick: (pageId: string) => void;
}

function CandidateRow({ candidate, chosen, onPick }: RowProps) {
  const selectable = isSelectable(candidate);
  const why = text.value.add[eligibilityKeys[candidate.eligibility] ?? "cannotBeChosen"];
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
      </span>
      <small class={candidate.eligibility === Eligibility.ELIGIBLE ? "good" : "why"}>{why}</small>
    </label>
  );
}
