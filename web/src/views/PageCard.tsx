import { now, text } from "../app";
import { Connection_State as State, type Connection } from "../api/gen/connectionstate/v1/page_pb";
import { reconnect } from "../actions";
import { isLost, tokenEnd } from "../state/pages";
import { causeKeys } from "../text/names";
import { milliseconds } from "../text/time";
import { Link } from "./Link";
import { AbsoluteTime, pageNameOf, ProviderMark, StateBadge, RelativeTime } from "./parts";

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
  const cause = text.value.cause[causeKeys[connection.cause] ?? "none"];
  return (
    <li class={isLost(connection) ? "card page lost" : "card page"}>
      <ProviderMark provider={page.provider} />
      <div class="page-words">
        <h2>
          <Link to={{ at: "inbox", merchant, page }} aria-label={words.of(words.openInbox, name)}>
            {name}
          </Link>
        </h2>
        <p class="states">
          <StateBadge state={connection.state} />
          {connection.expiresSoon && connection.state === State.CONNECTED && <span class="badge soon">{words.soon}</span>}
        </p>
        {cause && <p>{cause}</p>}
        <Timestamps connection={connection} />
      </div>
      <div class="actions">
        {isLost(connection) && connection.state !== State.DELETED && (
          <button type="button" aria-label={words.of(words.reconnect, name)} onClick={() => void reconnect(merchant, page)}>
            {words.reconnect}
          </button>
        )}
        <Link to={{ at: "history", merchant, page }} class="button quiet" aria-label={words.of(words.history, name)}>
          {words.history}
        </Link>
        <button type="button" class="quiet danger" aria-label={words.of(words.disconnect, name)} onClick={onDisconnect}>
          {words.disconnect}
        </button>
      </div>
    </li>
  );
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
