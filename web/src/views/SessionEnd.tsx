import type { RefObject } from "preact";
import { text, view } from "../app";
import { acknowledge, begin } from "../actions";
import { ConnectSession_Step as Step, type ConnectSession } from "../api/gen/connectionstate/v1/page_pb";
import { findPage, isLost, needsNotice } from "../state/pages";
import { whatChanged } from "../text/names";
import { Icon, type IconName } from "./Icon";
import { Link } from "./Link";
import { LostNotice } from "./LostNotice";
import { nameOfChosen } from "./parts";
import { useFollowingOthers } from "./useFollowingOthers";

interface Props {
  readonly merchant: string;
  readonly session: ConnectSession;
  readonly heading: RefObject<HTMLHeadingElement | null>;
}

/** How an attempt to connect ended (R6, R8, R19). */
export function SessionEnd({ merchant, session, heading }: Props) {
  const words = text.value.add;
  const { list } = view.value;
  const { page } = session;
  const connection = page && findPage(list, page);
  const end = endOf(session, nameOfChosen(session, list));
  useFollowingOthers(merchant, session.step === Step.LOST && (!connection || isLost(connection)) ? page : undefined, list);

  return (
    <div class={`card hero-card ${end.tone}`}>
      <span class="round">
        <Icon name={end.icon} />
      </span>
      <h1 ref={heading} tabIndex={-1}>
        {end.title}
      </h1>
      <p class="lead">{end.lead}</p>
      <div class="row center">
        {session.step === Step.CONNECTED && page ? (
          <Link to={{ at: "inbox", merchant, page }} class="button primary">
            {text.value.pages.openInbox}
          </Link>
        ) : (
          <button type="button" class="primary" onClick={() => void begin(merchant, session.provider, session.reconnectPage?.pageId)}>
            {words.again}
          </button>
        )}
        <Link to={{ at: "pages", merchant }} class="button quiet">
          {words.toPages}
        </Link>
      </div>
      {session.step === Step.LOST && list && connection && needsNotice(connection) && (
        <LostNotice list={list} connection={connection} onUnderstood={() => acknowledge(merchant, connection.page!)} />
      )}
    </div>
  );
}

interface End {
  readonly tone: "good" | "bad" | "calm";
  readonly icon: IconName;
  readonly title: string;
  readonly lead: string;
}

function endOf(session: ConnectSession, name: string): End {
  const words = text.value.add;
  switch (session.step) {
    case Step.CONNECTED:
      return { tone: "good", icon: "check", title: words.success, lead: words.successLead(name) };
    case Step.LOST:
      return { tone: "bad", icon: "warning", title: words.lost, lead: name };
    case Step.TIMED_OUT:
      return { tone: "calm", icon: "history", title: words.timedOut, lead: whatChanged(text.value, session) };
    default:
      return { tone: "calm", icon: "cross", title: words.refused, lead: whatChanged(text.value, session) };
  }
}
