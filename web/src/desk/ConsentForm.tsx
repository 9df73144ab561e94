import { useId, useState } from "preact/hooks";
import { text, view } from "../app";
import { Provider, type ConnectSession } from "../api/gen/connectionstate/v1/page_pb";
import { nameOfChosen } from "../views/parts";
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
  const [agreed, agree] = useState(false);
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);

  async function answer(act: () => Promise<{ session?: ConnectSession } | undefined>) {
    if (busy) return;
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
        <h2>{words.consent(nameOfChosen(session, view.value.list))}</h2>
        {needsConsent && <Agreement agreed={agreed} missing={missing} onAgree={agree} />}
        <div class="row">
          <button type="submit" class="primary" aria-disabled={busy}>
            {words.allow}
          </button>
          <button type="button" aria-disabled={busy} onClick={() => void answer(() => deny(merchant, sessionId, provider))}>
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
