import { useState } from "preact/hooks";
import { text } from "../app";
import { Provider, type ConnectSession } from "../api/gen/connectionstate/v1/page_pb";
import { allow, deny } from "./acts";
import { ProviderWindow } from "./ProviderWindow";

interface Props {
  readonly merchant: string;
  readonly session: ConnectSession;
  readonly onMoved?: (session: ConnectSession | undefined) => void;
}

/** The provider's consent page, as the desk plays it (R5, R8). */
export function ConsentForm({ merchant, session, onMoved }: Props) {
  const words = text.value.add;
  const { provider, sessionId } = session;
  const needsConsent = provider === Provider.ZALO;
  const [agreed, setAgreed] = useState(false);
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const name = session.candidates.find((candidate) => candidate.pageId === session.page?.pageId)?.name ?? session.page?.pageId ?? "";

  async function answer(act: () => Promise<{ session?: ConnectSession } | undefined>) {
    setBusy(true);
    const done = await act();
    setBusy(false);
    onMoved?.(done?.session);
  }

  function submit(event: Event) {
    event.preventDefault();
    setMissing(needsConsent && !agreed);
    if (!needsConsent || agreed) void answer(() => allow(merchant, sessionId, provider, agreed));
  }

  return (
    <ProviderWindow provider={provider}>
      <form onSubmit={submit} noValidate>
        <h2>{words.consent(name)}</h2>
        {needsConsent && (
          <label class="check">
            <input type="checkbox" checked={agreed} aria-invalid={missing} aria-describedby={missing ? "agree-first" : undefined} onChange={(event) => setAgreed(event.currentTarget.checked)} />
            {words.agree}
          </label>
        )}
        {missing && !agreed && (
          <p id="agree-first" class="why" role="alert">
            {words.agreeFirst}
          </p>
        )}
        <div class="row">
          <button type="submit" class="primary" disabled={busy}>
            {words.allow}
          </button>
          <button type="button" disabled={busy} onClick={() => void answer(() => deny(merchant, sessionId, provider))}>
            {words.refuse}
          </button>
        </div>
      </form>
    </ProviderWindow>
  );
}
