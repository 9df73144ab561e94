import type { ConnectSession } from "@connectionstate/client";
import { text, view } from "../app";
import { cancelSession } from "../actions";
import { providerName, stepKeys } from "../text/names";
import { milliseconds } from "../text/time";
import { Link } from "./Link";
import { chosenPageName, ProviderMark, RelativeTime } from "./parts";

interface Props {
  readonly merchant: string;
  readonly sessions: readonly ConnectSession[];
}

/** The open connect sessions, each of which can be continued or cancelled. */
export function Sessions({ merchant, sessions }: Props) {
  const words = text.value.pages;
  if (sessions.length === 0) return null;
  return (
    <section aria-label={words.sessions}>
      <h2 class="small">{words.sessions}</h2>
      <SessionRows merchant={merchant} sessions={sessions} />
    </section>
  );
}

export function SessionRows({ merchant, sessions, onCancelled }: Props & { readonly onCancelled?: () => void }) {
  return (
    <ul class="sessions">
      {sessions.map((session) => (
        <SessionRow key={session.sessionId} merchant={merchant} session={session} onCancelled={onCancelled} />
      ))}
    </ul>
  );
}

interface RowProps {
  readonly merchant: string;
  readonly session: ConnectSession;
  readonly onCancelled?: () => void;
}

function SessionRow({ merchant, session, onCancelled }: RowProps) {
  const words = text.value.pages;
  const ends = milliseconds(session.deadline);
  const provider = providerName(text.value, session.provider);
  const name = chosenPageName(session, view.value.list);
  const title = name ? words.sessionFor(provider, name) : words.session(provider);

  async function cancel() {
    if (await cancelSession(merchant, session.sessionId)) onCancelled?.();
  }

  return (
    <li class="card row session">
      <ProviderMark provider={session.provider} />
      <div class="grow">
        <b>{title}</b>
        <p class="hint">
          {text.value.step[stepKeys[session.step] ?? "none"]}
          {ends !== undefined && (
            <>
              {" · "}
              <RelativeTime at={ends} text={words.ends} pastText={words.ended} />
            </>
          )}
        </p>
      </div>
      <button type="button" class="quiet" aria-label={words.of(words.cancel, title)} onClick={() => void cancel()}>
        {words.cancel}
      </button>
      <Link to={{ at: "session", merchant, session: session.sessionId }} class="button">
        {words.proceed}
      </Link>
    </li>
  );
}
