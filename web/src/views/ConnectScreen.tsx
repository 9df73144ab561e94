import { text, view } from "../app";
import { begin, reconnect } from "../actions";
import { Connection_State as State, type Connection, type Provider } from "../api/gen/connectionstate/v1/page_pb";
import { reconnectable, whyNoAdd } from "../state/pages";
import { kindOfPage, providerName } from "../text/names";
import { Link } from "./Link";
import { nameOfPage, ProviderMark } from "./parts";

/** Where a screen goes when no other page is connected (R18, R21). */
export function ConnectScreen({ merchant, provider }: { readonly merchant: string; readonly provider: Provider }) {
  const words = text.value.add;
  const name = providerName(text.value, provider);
  const { list } = view.value;
  const lost = list ? reconnectable(list, provider) : [];
  const hasNone = list && !list.connections.some((connection) => connection.state === State.CONNECTED);
  // R12: offered below the limit only. A lost page has kept its slot: it is the way on from a full list.
  const why = list && whyNoAdd(list);
  return (
    <div class="card hero-card">
      <ProviderMark provider={provider} />
      <h1>{words.connectTitle(kindOfPage(text.value, provider))}</h1>
      {lost.length > 0 && <LostPages merchant={merchant} lost={lost} />}
      <p class="lead" id="connect-lead">
        {why ? text.value.pages[why](list.quota?.used ?? 0, list.quota?.limit ?? 0) : hasNone ? words.connectLead(name) : words.signIn(name)}
      </p>
      <div class="row center">
        <button
          type="button"
          class={lost.length > 0 ? "" : "primary"}
          disabled={!list || why !== undefined}
          aria-describedby="connect-lead"
          onClick={() => void begin(merchant, provider)}
        >
          {words.begin(name)}
        </button>
        <Link to={{ at: "pages", merchant }} class="button quiet">
          {words.toPages}
        </Link>
      </div>
    </div>
  );
}

function LostPages({ merchant, lost }: { readonly merchant: string; readonly lost: readonly Connection[] }) {
  const words = text.value.pages;
  return (
    <>
      <p>{text.value.add.bringBack}</p>
      <ul class="lost-pages">
        {lost.map((connection) => (
          <li key={connection.page?.pageId} class="row">
            <b class="grow">{nameOfPage(connection)}</b>
            <button type="button" class="primary" aria-label={words.of(words.reconnect, nameOfPage(connection))} onClick={() => void reconnect(merchant, connection.page!)}>
              {words.reconnect}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
