import { blocked, text, view } from "../app";
import { Dialog } from "./Dialog";
import { SessionRows } from "./Sessions";

/** Offers to cancel one of the open sessions that block a call, and then makes the call again. */
export function BlockedDialog() {
  const current = blocked.value;
  if (!current) return null;
  const words = text.value.add;
  const isLimit = current.failure.reason === "SESSION_LIMIT_EXCEEDED";
  const sessions = view.value.list?.sessions.filter((session) => current.sessionIds.includes(session.sessionId)) ?? [];

  function close() {
    blocked.value = undefined;
  }

  function retry() {
    close();
    current?.retry();
  }

  return (
    <Dialog title={words.blockedTitle[isLimit ? "sessions" : "slots"]} onClose={close}>
      {sessions.length > 0 && <p>{isLimit ? words.blockedSessions : words.blockedSlots}</p>}
      <SessionRows merchant={current.merchant} sessions={sessions} onCancelled={retry} />
      <div class="dialog-actions">
        <button type="button" data-first onClick={close}>
          {words.close}
        </button>
        {sessions.length === 0 && (
          <button type="button" class="primary" onClick={retry}>
            {words.again}
          </button>
        )}
      </div>
    </Dialog>
  );
}
