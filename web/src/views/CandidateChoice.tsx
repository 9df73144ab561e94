import { useState } from "preact/hooks";
import { text } from "../app";
import { choosePage } from "../actions";
import { Candidate_Eligibility as Eligibility, ConnectSession_Step as Step, type Candidate, type ConnectSession } from "../api/gen/connectionstate/v1/page_pb";
import { canBeChosen, choiceOf } from "../state/candidates";
import { eligibilityKeys, roleKeys } from "../text/names";

interface Props {
  readonly merchant: string;
  readonly session: ConnectSession;
  readonly onMoved: (session: ConnectSession | undefined) => void;
}

/** R3 to R5: which page; those that cannot be chosen say why. */
export function CandidateChoice({ merchant, session, onMoved }: Props) {
  const words = text.value.add;
  const [picked, pick] = useState<string>();
  const [busy, setBusy] = useState(false);
  // Anew each time: what is offered changes under the form.
  const chosen = choiceOf(session, picked);

  async function choose(event: Event) {
    event.preventDefault();
    if (busy || chosen === undefined) return;
    setBusy(true);
    const done = await choosePage(merchant, session.sessionId, chosen);
    setBusy(false);
    onMoved(done?.session);
  }

  return (
    <form class="card" onSubmit={(event) => void choose(event)}>
      <fieldset class="candidates">
        <legend>{session.step === Step.CHOOSE_PAGE ? words.choose : text.value.step.permission}</legend>
        {session.candidates.map((candidate) => (
          <CandidateRow key={candidate.pageId} candidate={candidate} chosen={chosen === candidate.pageId} onPick={pick} />
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
  const possible = canBeChosen(candidate);
  const why = text.value.add[eligibilityKeys[candidate.eligibility] ?? "cannotBeChosen"];
  const role = candidate.role ? text.value.desk.roles[roleKeys[candidate.role]] : candidate.tasks.join(", ");
  return (
    <label class={possible ? "candidate" : "candidate impossible"}>
      <input type="radio" name="page" value={candidate.pageId} checked={chosen} disabled={!possible} onChange={() => onPick(candidate.pageId)} />
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
