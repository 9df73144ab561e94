import { Candidate_Eligibility as Eligibility, type Candidate, type ConnectSession } from "../api/gen/connectionstate/v1/page_pb";

// A page that was reported as deleted is selectable: choosing it is how the merchant learns of the deletion (R19).
export function isSelectable(candidate: Candidate): boolean {
  return candidate.eligibility === Eligibility.ELIGIBLE || candidate.eligibility === Eligibility.DELETED;
}

/**
 * Returns the id of the selected page: the one the merchant picked, or the page to reconnect, or the first selectable one. Returns
 * undefined if the picked page or the page to reconnect is not selectable; it is never replaced by another page.
 */
export function selectedCandidate({ candidates, reconnectPage }: ConnectSession, pickedPageId?: string): string | undefined {
  const selectable = candidates.filter(isSelectable).map((candidate) => candidate.pageId);
  const wanted = pickedPageId ?? reconnectPage?.pageId ?? selectable[0];
  return wanted !== undefined && selectable.includes(wanted) ? wanted : undefined;
}
