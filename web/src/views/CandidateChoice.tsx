import { useState } from "preact/hooks";
import { text } from "../app";
import { choosePage } from "../actions";
import { Candidate_Eligibility as Eligibility, ConnectSession_Step as Step, type Candidate, type ConnectSession } from "../api/gen/connectionstate/v1/page_pb";
import { eligibilityKeys, roleKeys } from "../text/names";

interface Props {
  readonly merchant: string;
  readonly session: ConnectSession;
  readonly onMoved: (session: ConnectSession | undefined) => void;
}

// A page that is reported as deleted can still be chosen: that is how the merchant learns of it (R19).
function canBeChosen(candidate: Candidate): boolean {
  return candidate.eligibility === Eligibility.ELIGIBLE || candidate.eligibility === Eligibility.DELETED;
}

/** R3 to R5: which page; those that cannot be chosen say why. */
export function CandidateChoice({ merchant, session, onMoved }: Props) {
  const words = text.value.add;
  const { candidates } = session;
  const wanted = candidates.find((candidate) => candidate.pageId === session.reconnectPage?.pageId);
  const [picked, setPicked] = useState(wanted?.pageId ?? candidates.find(canBeChosen)?.pageId);
  const [busy, setBusy] = useState(false);

  async function choose(event: Event) {
    event.preventDefault();
    if (picked === undefined) return;
    setBusy(true);
    const chosen = await choosePage(merchant, session.sessionId, picked);
    setBusy(false);
    onMoved(chosen?.session);
  }

  return (
    <form class="card" onSubmit={(event) => void choose(event)}>
      <fieldset class="candidates">
        <legend>{session.step === Step.CHOOSE_PAGE ? words.choose : text.value.step.permission}</legend>
        {candidates.map((candidate) => (
          <CandidateRow key={candidate.pageId} candidate={candidate} picked={picked === candidate.pageId} onPick={setPicked} />
        ))}
      </fieldset>
      {session.step === Step.CHOOSE_PAGE && (
        <button type="submit" class="primary" disabled={busy || picked === undefined}>
          {words.chooseButton}
        </button>
      )}
    </form>
  );
}

interface RowProps {
  readonly candidate: Candidate;
  readonly picked: boolean;
  readonly onPick: (pageId: string) => void;
}

function CandidateRow({ candidate, picked, onPick }: RowProps) {
  const possible = canBeChosen(candidate);
  const why = text.value.add[eligibilityKeys[candidate.eligibility] ?? "cannotBeChosen"];
  const role = candidate.role ? text.value.desk.roles[roleKeys[candidate.role]] : candidate.tasks.join(", ");
  return (
    <label class={possible ? "candidate" : "candidate impossible"}>
      <input type="radio" name="page" value={candidate.pageId} checked={picked && possible} disabled={!possible} onChange={() => onPick(candidate.pageId)} />
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
