import type { Connection } from "@connectionstate/client";
import { language, now, text } from "../app";
import { causeText } from "../text/names";
import { exact, milliseconds, relative } from "../text/time";
import { Link } from "../views/Link";
import { ConnectionBadge, pageNameOf, ProviderMark } from "../views/parts";

interface Props {
  readonly merchant: string;
  readonly connection: Connection;
}

/** A connection of a merchant: the way into the merchant, what became of the page, why, and since when. */
export function ConnectionRow({ merchant, connection }: Props) {
  const words = text.value.fleet;
  const page = connection.page!;
  const name = pageNameOf(connection);
  const since = milliseconds(connection.stateSince);
  const cause = causeText(text.value, connection.cause, page.provider);
  return (
    <li class="fleet-row">
      <ProviderMark provider={page.provider} />
      <div class="fleet-words">
        <b>{name}</b>
        <p class="hint id">{page.pageId}</p>
        <p>
          {text.value.merchant}{" "}
          <Link to={{ at: "pages", merchant }} class="id">
            {merchant}
          </Link>
        </p>
      </div>
      <div class="fleet-words">
        <p class="states">
          <ConnectionBadge connection={connection} />
        </p>
        {cause && <p>{cause}</p>}
        {since !== undefined && (
          <p class="hint">
            <time dateTime={new Date(since).toISOString()}>{words.since(relative(language.value, since, now.value), exact(language.value, since))}</time>
          </p>
        )}
      </div>
      <Link to={{ at: "history", merchant, page }} class="button quiet" aria-label={text.value.pages.of(text.value.pages.history, `${name} (${merchant})`)}>
        {text.value.pages.history}
      </Link>
    </li>
  );
}
