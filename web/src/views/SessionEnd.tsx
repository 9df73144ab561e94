import type { RefObject } from "preact";
import { type ConnectSession, ConnectSession_Step as Step, findPage, isLost, needsNotice } from "@connectionstate/client";
import { client } from "../api/client";
import { text, view } from "../app";
import { acknowledge, beginConnect } from "../actions";
import { sessionEndText } from "../text/names";
import { Avatar } from "./Avatar";
import { Icon, type IconName } from "./Icon";
import { Link } from "./Link";
import { LostNotice } from "./LostNotice";
import { chosenPageName, ConnectionBadge, pageNameOf } from "./parts";
import { useExternalChange } from "./useExternalChange";
import { useQuery } from "./useQuery";

interface Props {
  readonly merchant: string;
  readonly session: ConnectSession;
  readonly heading: RefObject<HTMLHeadingElement | null>;
}

/** How a connect session ended (R6, R8, R19). */
export function SessionEnd({ merchant, session, heading }: Props) {
  const words = text.value.add;
  const { list } = view.value;
  const { page } = session;
  const connection = page ? findPage(list, page) : undefined;
  // A session that has ended keeps no candidates, so only the service knows the name of a page that has left the list.
  const isElsewhere = page !== undefined && list !== undefined && connection === undefined;
  const [{ data: left }] = useQuery(async (signal) => (isElsewhere ? await client.getConnection(merchant, page, { signal }) : undefined), [session.sessionId, isElsewhere]);
  const name = left ? pageNameOf(left) : chosenPageName(session, list);
  const outcome = outcomeOf(session, name, connection !== undefined);
  useExternalChange(merchant, session.step === Step.LOST && (!connection || isLost(connection)) ? page : undefined, list);

  return (
    <div class={`card hero-card ${outcome.tone}`}>
      <span class="round">
        <Icon name={outcome.icon} />
      </span>
      <h1 ref={heading} tabIndex={-1}>
        {outcome.title}
      </h1>
      <p class="lead">{outcome.lead}</p>
      {session.step === Step.CONNECTED && connection && (
        <p class="row center new-page">
          <Avatar connection={connection} /> <b>{pageNameOf(connection)}</b> <ConnectionBadge connection={connection} />
        </p>
      )}
      <div class="row center">
        {session.step === Step.CONNECTED && page ? (
          <Link to={{ at: "inbox", merchant, page }} class="button primary">
            {text.value.pages.openInbox}
          </Link>
        ) : (
          <button type="button" class="primary" onClick={() => void beginConnect(merchant, session.provider, session.reconnectPage?.pageId)}>
            {words.again}
          </button>
        )}
        <Link to={{ at: "pages", merchant }} class="button quiet">
          {words.toPages}
        </Link>
      </div>
      {session.step === Step.LOST && list && connection && needsNotice(connection) && (
        <LostNotice merchant={merchant} list={list} connection={connection} onAcknowledge={() => acknowledge(merchant, connection.page!)} />
      )}
    </div>
  );
}

interface Outcome {
  readonly tone: "good" | "bad" | "calm";
  readonly icon: IconName;
  readonly title: string;
  readonly lead: string;
}

function outcomeOf(session: ConnectSession, name: string, isListed: boolean): Outcome {
  const words = text.value.add;
  const listedName = isListed ? name : undefined;
  switch (session.step) {
    case Step.CONNECTED:
      return { tone: "good", icon: "check", title: words.success, lead: words.successLead(name) };
    case Step.LOST:
      return { tone: "bad", icon: "warning", title: words.lost, lead: name };
    case Step.TIMED_OUT:
      return { tone: "calm", icon: "history", title: words.timedOut, lead: sessionEndText(text.value, session, listedName) };
    default:
      return { tone: "calm", icon: "cross", title: words.refused, lead: sessionEndText(text.value, session, listedName) };
  }
}
