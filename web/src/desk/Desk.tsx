import { type Connection, type ConnectSession, ConnectSession_Step as Step, pageKey } from "@connectionstate/client";
import { text, view } from "../app";
import { Link } from "../views/Link";
import { Loading } from "../views/Loading";
import { ConsentForm } from "./ConsentForm";
import { DeskPage } from "./DeskPage";
import { PlanForm } from "./PlanForm";
import { ProviderErrorForm } from "./ProviderErrorForm";
import { SignInForm } from "./SignInForm";

/** Simulates Facebook, Zalo and billing, so that every rule can be tried by hand. Only in Development. */
export function Desk({ merchant }: { readonly merchant: string }) {
  const words = text.value.desk;
  const { list } = view.value;
  if (!list) return <Loading />;
  return (
    <>
      <h1>{words.title}</h1>
      <p class="lead">
        {words.lead} <span class="badge">{words.only}</span>
      </p>
      <DeskSessions merchant={merchant} sessions={list.sessions} />
      <DeskPages merchant={merchant} connections={list.connections} />
      <div class="columns">
        <PlanForm merchant={merchant} quota={list.quota} />
        <ProviderErrorForm merchant={merchant} connections={list.connections} />
      </div>
    </>
  );
}

function DeskSessions({ merchant, sessions }: { readonly merchant: string; readonly sessions: readonly ConnectSession[] }) {
  const words = text.value.desk;
  return (
    <section aria-labelledby="desk-sessions">
      <h2 id="desk-sessions">{words.sessions}</h2>
      {sessions.length === 0 && (
        <p class="hint">
          {words.noSessions} <Link to={{ at: "add", merchant }}>{text.value.pages.add}</Link>
        </p>
      )}
      {sessions.map((session) => {
        // The key keeps the input of one session from showing up in the next.
        const Form = session.step === Step.CONSENT ? ConsentForm : SignInForm;
        return <Form key={session.sessionId} merchant={merchant} session={session} />;
      })}
    </section>
  );
}

function DeskPages({ merchant, connections }: { readonly merchant: string; readonly connections: readonly Connection[] }) {
  const words = text.value.desk;
  return (
    <section aria-labelledby="desk-pages">
      <h2 id="desk-pages">{words.pages}</h2>
      {connections.length === 0 && <p class="hint">{words.noPages}</p>}
      <ul class="desk-pages">
        {connections.map((connection) => (
          <DeskPage key={pageKey(connection.page)} merchant={merchant} connection={connection} />
        ))}
      </ul>
    </section>
  );
}
