import { text } from "../app";
import type { ConnectSession } from "../api/gen/connectionstate/v1/page_pb";
import { providerName, stepKeys } from "../text/names";
import { milliseconds } from "../text/time";
import { Link } from "./Link";
import { ProviderMark, RelativeTime } from "./parts";

/** The open connect sessions. */
export function Sessions({ merchant, sessions }: { readonly merchant: string; readonly sessions: readonly ConnectSession[] }) {
  const words = text.value.pages;
  if (sessions.length === 0) return null;
  return (
    <section aria-label={words.sessions}>
      <h2 class="small">{words.sessions}</h2>
      <ul class="sessions">
        {sessions.map((session) => {
          const ends = milliseconds(session.deadline);
          return (
            <li key={session.sessionId} class="card row">
              <ProviderMark provider={session.provider} />
              <div class="grow">
                <b>{words.session(providerName(text.value, session.provider))}</b>
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
              <Link to={{ at: "session", merchant, session: session.sessionId }} class="button">
                {words.proceed}
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
