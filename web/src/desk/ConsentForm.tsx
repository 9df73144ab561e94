import { useId, useState } from "preact/hooks";
import { type ConnectSession, Provider } from "@connectionstate/client";
import { text, view } from "../app";
import { chosenPageName } from "../views/parts";
import { grantConsent, refuseConsent } from "./deskActions";
import { ProviderWindow } from "./ProviderWindow";

interface Props {
  readonly merchant: string;
  readonly session: ConnectSession;
  readonly onSessionChanged?: (session: ConnectSession | undefined) => void;
}

/** Simulates the provider's consent page (R5, R8). */
export function ConsentForm({ merchant, session, onSessionChanged }: Props) {
  const words = text.value.add;
  const { provider, sessionId } = session;
  const needsConsent = provider === Provider.ZALO;
  const [agreed, setAgreed] = useState(false);
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);

  async function run(action: () => Promise<{ session?: ConnectSession } | undefined>) {
    if (busy) return;
    setBusy(true);
    const reply = await action();
    setBusy(false);
    onSessionChanged?.(reply?.session);
  }

  function submit(event: Event) {
    event.preventDefault();
    setMissing(needsConsent && !agreed);
    if (!needsConsent || agreed) void run(() => grantConsent(merchant, sessionId, provider, agreed));
  }

  return (
    <ProviderWindow provider={provider}>
      <form onSubmit={submit} noValidate>
        <h2>{words.consent(chosenPageName(session, view.value.list))}</h2>
        {needsConsent && <Agreement agreed={agreed} missing={missing} onAgree={setAgreed} />}
        <div class="row">
          <button type="submit" class="primary" aria-disabled={busy}>
            {words.allow}
          </button>
          <button type="button" aria-disabled={busy} onClick={() => void run(() => refuseConsent(merchant, sessionId, provider))}>
            {words.refuse}
          </button>
        </div>
      </form>
    </ProviderWindow>
  );
}

interface AgreementProps {
  readonly agreed: boolean;
  readonly missing: boolean;
  readonly onAgree: (agreed: boolean) => void;
}

function Agreement({ agreed, missing, onAgree }: AgreementProps) {
  const words = text.value.add;
  const why = useId();
  return (
    <>
      <label class="check">
        <input type="checkbox" checked={agreed} aria-invalid={missing} aria-describedby={missing ? why : undefined} onChange={(event) => onAgree(event.currentTarget.checked)} />
        {words.agree}
      </label>
      {missing && !agreed && (
        <p id={why} class="why" role="alert">
          {words.agreeFirst}
        </p>
      )}
    </>
  );
}
