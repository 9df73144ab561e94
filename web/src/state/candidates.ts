import { Candidate_Eligibility as Eligibility, type Candidate, type ConnectSession } from "../api/gen/connectionstate/v1/page_pb";

// A page that is reported as deleted can still be chosen: that is how the merchant learns of it (R19).
export function canBeChosen(candidate: Candidate): boolean {
  return candidate.eligibility === Eligibility.ELIGIBLE || candidate.eligibility === Eligibility.DELETED;
}

/**
 * The page that is shown as chosen, which is the one that the button chooses. What was picked, or is to be reconnected, is not
 * replaced by another page: when it cannot be chosen, none is.
 */
export function choiceOf({ candidates, reconnectPage }: ConnectSession, picked?: string): string | undefined {
  const possible = candidates.filter(canBeChosen).map((candidate) => candidate.pageId);
  const asked = picked ?? reconnectPage?.pageId ?? possible[0];
  return asked !== undefined && possible.includes(asked) ? asked : undefined;
}
