import { type ConnectSession, ConnectSession_Step as Step } from "@connectionstate/client";
import { simulation, text, view } from "../app";
import { client } from "../api/client";
import { refuse } from "../actions";
import { selectedCandidate } from "../state/candidates";
import { failureText, pageKindName, providerName, stepKeys, noSelectablePageText } from "../text/names";
import { milliseconds } from "../text/time";
import { CandidateChoice } from "./CandidateChoice";
import { ConnectLink } from "./ConnectLink";
import { Icon } from "./Icon";
import { Link } from "./Link";
import { Loading } from "./Loading";
import { chosenPageName, ProviderMark, RelativeTime } from "./parts";
import { SessionEnd } from "./SessionEnd";
import { Steps } from "./Steps";
import { useQuery } from "./useQuery";
import { useFocusOnStepChange } from "./useFocusOnStepChange";

/** One connect session, step by step (R2 to R8). The server decides which step comes next. */
export function Session({ merchant, session: sessionId }: { readonly merchant: string; readonly session: string }) {
  const [{ data: session, failure }, setSession] = useQuery(
    (signal) => client.getConnectSession(merchant, sessionId, { signal }),
    [merchant, sessionId],
  );

  if (session) {
    return (
      <>
        {failure && (
          <p class="banner bad" role="alert">
            {failureText(text.value, failure)}
          </p>
        )}
        <SessionScreen merchant={merchant} session={session} onSessionChanged={(changed) => changed && setSession(changed)} />
      </>
    );
  }
  if (!failure) return <Loading />;
  return (
    <div class="card empty">
      <h1>{failure.reason === "SESSION_NOT_FOUND" ? text.value.add.gone : failureText(text.value, failure)}</h1>
      <Link to={{ at: "pages", merchant }} class="button">
        {text.value.add.toPages}
      </Link>
    </div>
  );
}

interface Props {
  readonly merchant: string;
  readonly session: ConnectSession;
  readonly onSessionChanged: (session: ConnectSession | undefined) => void;
}

function SessionScreen({ merchant, session, onSessionChanged }: Props) {
  const words = text.value.add;
  const heading = useFocusOnStepChange(session.step);
  if (session.step >= Step.CONNECTED) return <SessionEnd merchant={merchant} session={session} heading={heading} />;

  const ends = milliseconds(session.deadline);
  return (
    <>
      <div class="heading">
        <div class="with-mark">
          <ProviderMark provider={session.provider} />
          <h1 ref={heading} tabIndex={-1}>
            {words.connectTitle(pageKindName(text.value, session.provider))}
            <span class="visually-hidden">: {text.value.step[stepKeys[session.step] ?? "none"]}</span>
          </h1>
        </div>
        <button type="button" class="quiet" onClick={async () => onSessionChanged((await refuse(merchant, session.sessionId))?.session)}>
          <Icon name="cross" />
          {words.cancel}
        </button>
      </div>
      <Steps at={session.step} />
      {session.reconnectPage && <p class="hint">{words.forPage(chosenPageName(session, view.value.list))}</p>}
      {session.account && <p class="hint">{words.signedIn(session.account.name)}</p>}
      <CurrentStep merchant={merchant} session={session} onSessionChanged={onSessionChanged} />
      {ends !== undefined && (
        <p class="hint sentence">
          <RelativeTime at={ends} text={text.value.pages.ends} pastText={text.value.pages.ended} />
        </p>
      )}
    </>
  );
}

function CurrentStep(props: Props) {
  const { session } = props;
  const words = text.value.add;
  const provider = providerName(text.value, session.provider);
  switch (session.step) {
    case Step.CHOOSE_PAGE:
      return session.reconnectPage && selectedCandidate(session) === undefined ? <NotOffered {...props} /> : <CandidateChoice {...props} />;
    case Step.CONSENT:
      return <Consent {...props} />;
    default:
      return (
        <>
          <p class={session.step === Step.PERMISSION ? "banner warn" : ""} role={session.step === Step.PERMISSION ? "alert" : undefined}>
            {session.step === Step.PERMISSION ? noSelectablePageText(text.value, session) : words.signIn(provider)}
          </p>
          {session.candidates.length > 0 && <CandidateChoice {...props} />}
          <SignIn {...props} />
        </>
      );
  }
}

// In Development, the provider is simulated here; otherwise the connector of the platform talks to it.
function SignIn(props: Props) {
  const Form = simulation.value?.SignInForm;
  return Form ? <Form {...props} /> : <ConnectLink {...props} />;
}

function Consent(props: Props) {
  const Form = simulation.value?.ConsentForm;
  return Form ? <Form {...props} /> : <ConnectLink {...props} />;
}

// The session was begun for one page, but the account that signed in cannot give access to it.
function NotOffered(props: Props) {
  const words = text.value.add;
  return (
    <>
      <p class="banner warn" role="alert">
        {words.notOffered(chosenPageName(props.session, view.value.list))}
      </p>
      {props.session.candidates.length > 0 && <CandidateChoice {...props} />}
      <SignIn {...props} />
    </>
  );
}
