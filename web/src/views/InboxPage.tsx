import { type Connection, Connection_State as State, holdsSlot, isLost, isSuspect } from "@connectionstate/client";
import { text } from "../app";
import { causeText, remedyText } from "../text/names";
import { milliseconds } from "../text/time";
import { Avatar } from "./Avatar";
import { HandledElsewhere } from "./HandledElsewhere";
import { Icon } from "./Icon";
import { Link } from "./Link";
import { CheckingNote, ConnectionBadge, pageNameOf, RelativeTime } from "./parts";
import { ReconnectAction } from "./ReconnectAction";

interface Props {
  readonly merchant: string;
  readonly connection: Connection;
  readonly onDisconnect: () => void;
  /** Another tab or colleague handled the page while this person was typing. */
  readonly isOver?: boolean;
}

/** One page in the inbox. The messages are placeholders: a real product shows its own. */
export function InboxPage({ merchant, connection, onDisconnect, isOver }: Props) {
  const words = text.value.inbox;
  const name = pageNameOf(connection);
  const page = connection.page!;
  return (
    <section class="card inbox-page" aria-label={name}>
      <header class="row">
        <Avatar connection={connection} />
        <div class="grow">
          <h2>{name}</h2>
          <ConnectionBadge connection={connection} />
        </div>
        <Link to={{ at: "history", merchant, page }} class="button quiet">
          {text.value.pages.history}
        </Link>
        {!isOver && (
          <button type="button" class="quiet" onClick={onDisconnect}>
            {holdsSlot(connection) ? text.value.pages.disconnect : text.value.pages.remove}
          </button>
        )}
      </header>
      {isOver && <HandledElsewhere merchant={merchant} connection={connection} />}
      {!isOver && isSuspect(connection) && <Checking merchant={merchant} connection={connection} />}
      {!isOver && <Warning merchant={merchant} connection={connection} />}
      <div class={connection.state === State.CONNECTED && !isOver ? "messages" : "messages off"} aria-hidden="true">
        <i class="bubble theirs" />
        <i class="bubble theirs short" />
        <i class="bubble ours" />
        <i class="bubble theirs" />
        <i class="bubble ours short" />
      </div>
      <label class="field">
        {words.reply}
        <textarea rows={2} maxLength={2_000} />
      </label>
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

  return (
    <div class={lost ? "banner bad" : "banner warn"} role="note">
      <Icon name="warning" />
      <p class="grow">
        {lost ? (
          <>
            {causeText(text.value, connection.cause, connection.page?.provider)} {remedyText(text.value, connection.cause, connection.page?.provider)} {connection.state === State.DELETED ? words.closed : words.readOnly}
          </>
        ) : (
          soon && <RelativeTime at={ends} text={words.soon} pastText={words.ended} />
        )}
      </p>
      {(lost || !isSuspect(connection)) && <ReconnectAction merchant={merchant} connection={connection} />}
    </div>
  );
}
