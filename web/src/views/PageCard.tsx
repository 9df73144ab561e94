import { type Connection, Connection_State as State, holdsSlot, isLost, isSamePage, isSuspect } from "@connectionstate/client";
import { now, route, text } from "../app";
import { tokenEnd } from "../state/pages";
import { causeText } from "../text/names";
import { milliseconds } from "../text/time";
import { Avatar } from "./Avatar";
import { Link } from "./Link";
import { Menu } from "./Menu";
import { AbsoluteTime, CheckingNote, ConnectionBadge, pageNameOf, RelativeTime } from "./parts";
import { ReconnectAction } from "./ReconnectAction";

interface Props {
  readonly merchant: string;
  readonly connection: Connection;
  readonly onDisconnect: () => void;
}

/** One page of the list. */
export function PageCard({ merchant, connection, onDisconnect }: Props) {
  const words = text.value.pages;
  const page = connection.page!;
  const name = pageNameOf(connection);
  const cause = causeText(text.value, connection.cause, page.provider);
  // Only where the list is shown beside the inbox.
  const isOpen = route.value.at === "inbox" && isSamePage(route.value.page, page);
  const removeLabel = holdsSlot(connection) ? words.disconnect : words.remove;
  return (
    <li class={isLost(connection) ? "card page lost" : "card page"}>
      <Avatar connection={connection} />
      <div class="page-words">
        <h2>
          <Link to={{ at: "inbox", merchant, page }} current={isOpen} aria-label={words.of(words.openInbox, name)}>
            {name}
          </Link>
        </h2>
        <p class="states">
          <ConnectionBadge connection={connection} />
          {connection.expiresSoon && connection.state === State.CONNECTED && <span class="badge soon">{words.soon}</span>}
        </p>
        {cause && <p>{cause}</p>}
        <CheckingNote connection={connection} />
        <Timestamps connection={connection} />
      </div>
      <div class="actions">
        <ReconnectAction merchant={merchant} connection={connection} class={needsAuthorization(connection) ? "" : "quiet"} />
        <Link to={{ at: "history", merchant, page }} class="button quiet" aria-label={words.of(words.history, name)}>
          {words.history}
        </Link>
        <Menu label={words.of(words.more, name)}>
          <button type="button" class="quiet danger" aria-label={words.of(removeLabel, name)} onClick={onDisconnect}>
            {removeLabel}
          </button>
        </Menu>
      </div>
    </li>
  );
}

function needsAuthorization(connection: Connection): boolean {
  return isLost(connection) || isSuspect(connection) || connection.expiresSoon;
}

function Timestamps({ connection }: { readonly connection: Connection }) {
  const words = text.value.pages;
  const since = milliseconds(connection.stateSince);
  const ends = tokenEnd(connection, now.value);
  return (
    <p class="hint moments">
      <span class="id">{connection.page?.pageId}</span>
      {since !== undefined && <AbsoluteTime at={since} text={words.since} />}
      {ends !== undefined && <RelativeTime at={ends} text={words.expires} pastText={words.expired} />}
    </p>
  );
}
