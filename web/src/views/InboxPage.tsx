import { type Connection, Connection_State as State, isLost, isSuspect } from "@connectionstate/client";
import { text } from "../app";
import { causeKeys } from "../text/names";
import { milliseconds } from "../text/time";
import { Icon } from "./Icon";
import { Link } from "./Link";
import { CheckingNote, ConnectionBadge, pageNameOf, ProviderMark, RelativeTime } from "./parts";
import { ReconnectAction } from "./ReconnectAction";

interface Props {
  readonly merchant: string;
  readonly connection: Connection;
  readonly onDisconnect: () => void;
}

/** One page in the inbox. The messages are placeholders: a real product shows its own. */
export function InboxPage({ merchant, connection, onDisconnect }: Props) {
  const words = text.value.inbox;
  const name = pageNameOf(connection);
  const page = connection.page!;
  return (
    <section class="card inbox-page" aria-label={name}>
      <header class="row">
        <ProviderMark provider={page.provider} />
        <div class="grow">
          <h2>{name}</h2>
          <ConnectionBadge connection={connection} />
        </div>
        <Link to={{ at: "history", merchant, page }} class="button quiet">
          {text.value.pages.history}
        </Link>
        <button type="button" class="quiet danger" onClick={onDisconnect}>
          {text.value.pages.disconnect}
        </button>
      </header>
      {isSuspect(connection) && <Checking merchant={merchant} connection={connection} />}
      <Warning merchant={merchant} connection={connection} />
      <div class={connection.state === State.CONNECTED ? "messages" : "messages off"} aria-hidden="true">
        <i class="bubble theirs" />
        <i class="bubble theirs short" />
        <i class="bubble ours" />
        <i class="bubble theirs" />
        <i class="bubble ours short" />
      </div>
      <p class="hint">
        {words.messages} {words.sample}
      </p>
    </section>
  );
}

// A suspect page may be lost; until that is certain, its inbox works.
function Checking({ merchant, connection }: Pick<Props, "merchant" | "connection">) {
  return (
    <div class="banner" role="note">
      <Icon name="history" />
      <div class="grow">
        <CheckingNote connection={connection} />
        <p>{text.value.inbox.stillWorks}</p>
      </div>
      <ReconnectAction merchant={merchant} connection={connection} />
    </div>
  );
}

// Warns before the token ends (R14), and shows the cause of a loss that was acknowledged.
function Warning({ merchant, connection }: Pick<Props, "merchant" | "connection">) {
  const words = text.value.inbox;
  const ends = milliseconds(connection.expiresAt);
  const lost = isLost(connection);
  const soon = connection.state === State.CONNECTED && connection.expiresSoon && ends !== undefined;
  if (connection.state === State.PENDING) return <p class="banner">{words.pending}</p>;
  if (!lost && !soon) return null;

  const key = causeKeys[connection.cause] ?? "none";
  return (
    <div class={lost ? "banner bad" : "banner warn"} role="note">
      <Icon name="warning" />
      <p class="grow">
        {lost ? (
          <>
            {text.value.cause[key]} {text.value.remedy[key]} {connection.state === State.DELETED ? words.closed : words.readOnly}
          </>
        ) : (
          soon && <RelativeTime at={ends} text={words.soon} pastText={words.ended} />
        )}
      </p>
      {(lost || !isSuspect(connection)) && <ReconnectAction merchant={merchant} connection={connection} />}
    </div>
  );
}
