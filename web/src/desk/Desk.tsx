import { text, view } from "../app";
import { ConnectSession_Step as Step } from "../api/gen/connectionstate/v1/page_pb";
import { Link } from "../views/Link";
import { Loading } from "../views/Loading";
import { ConsentForm } from "./ConsentForm";
import { DeskPage } from "./DeskPage";
import { PlanForm } from "./PlanForm";
import { ProviderErrorForm } from "./ProviderErrorForm";
import { SignInForm } from "./SignInForm";

/** Plays Facebook, Zalo and billing, so that every rule can be tried by hand. Only in Development. */
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

      <section aria-labelledby="desk-sessions">
        <h2 id="desk-sessions">{words.sessions}</h2>
        {list.sessions.length === 0 && (
          <p class="hint">
            {words.noSessions} <Link to={{ at: "add", merchant }}>{text.value.pages.add}</Link>
          </p>
        )}
        {list.sessions.map((session) => {
          const props = { key: session.sessionId, merchant, session };
          if (session.step === Step.CONSENT) return <ConsentForm {...props} />;
          return <SignInForm {...props} />;
        })}
      </section>

      <section aria-labelledby="desk-pages">
        <h2 id="desk-pages">{words.pages}</h2>
        {list.connections.length === 0 && <p class="hint">{words.noPages}</p>}
        <ul class="desk-pages">
          {list.connections.map((connection) => (
            <DeskPage key={`${connection.page?.provider}/${connection.page?.pageId}`} merchant={merchant} connection={connection} />
          ))}
        </ul>
      </section>

      <div class="columns">
        <PlanForm merchant={merchant} quota={list.quota} />
        <ProviderErrorForm merchant={merchant} connections={list.connections} />
      </div>
    </>
  );
}
