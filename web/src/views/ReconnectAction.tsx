import { type Connection, isLost, openSessionFor } from "@connectionstate/client";
import { text, view } from "../app";
import { reconnect } from "../actions";
import { canAuthorize } from "../state/pages";
import { Link } from "./Link";
import { pageNameOf } from "./parts";

interface Props {
  readonly merchant: string;
  readonly connection: Connection;
  readonly class?: string;
}

/**
 * Continues the open session for a page. Without one, begins a session: to reconnect a page that is lost, or to authorize a page again that
 * works.
 */
export function ReconnectAction({ merchant, connection, class: style }: Props) {
  const words = text.value.pages;
  const page = connection.page!;
  const name = pageNameOf(connection);
  const { list } = view.value;
  const session = openSessionFor(list, page);
  if (session) {
    return (
      <Link to={{ at: "session", merchant, session: session.sessionId }} class={`button ${style ?? ""}`} aria-label={words.of(words.proceed, name)}>
        {words.proceed}
      </Link>
    );
  }

  if (!list || !canAuthorize(list, connection)) return null;
  const label = isLost(connection) ? words.reconnect : connection.expiresSoon ? words.renew : words.reauthorize;
  return (
    <button type="button" class={style} aria-label={words.of(label, name)} onClick={() => void reconnect(merchant, page)}>
      {label}
    </button>
  );
}
