import {
  type Candidate,
  Candidate_Eligibility as Eligibility,
  Cause,
  Connection_State as State,
  type ConnectSession,
  isLost,
} from "@connectionstate/client";

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

/** The candidates that a picker shows, and the number of those that match its filter. */
export interface ShownCandidates {
  readonly shown: readonly Candidate[];
  readonly matching: number;
}

/**
 * Returns the first candidates whose name or id contains the filter, ignoring case and accents; those that can be chosen come first. The
 * selected one is always shown.
 */
export function shownCandidates(candidates: readonly Candidate[], filter: string, limit: number, selectedPageId?: string): ShownCandidates {
  const wanted = folded(filter.trim());
  const matching = candidates.filter(({ name, pageId }) => folded(name).includes(wanted) || folded(pageId).includes(wanted));
  const shown = [...matching.filter(isSelectable), ...matching.filter((candidate) => !isSelectable(candidate))].slice(0, limit);
  const selected = candidates.find(({ pageId }) => pageId === selectedPageId);
  return { shown: selected && !shown.includes(selected) ? [selected, ...shown] : shown, matching: matching.length };
}

/** What the merchant has of a candidate: undefined if it never had the page. */
export function currentKey({ current }: Candidate): "waiting" | "connected" | "lost" | "before" | undefined {
  if (!current) return undefined;
  if (current.state === State.PENDING) return "waiting";
  if (current.state === State.CONNECTED) return "connected";
  const hasLeftList = current.acknowledged && (current.state === State.DELETED || current.cause === Cause.SIGNED_IN_ELSEWHERE);
  return isLost(current) && !hasLeftList ? "lost" : "before";
}

// Combining marks are removed; đ has none.
function folded(text: string): string {
  return text.normalize("NFD").replace(/\p{Mark}/gu, "").replace(/đ/g, "d").replace(/Đ/g, "D").toLowerCase();
}
