import { type Connection, Connection_State as State, type Provider } from "@connectionstate/client";
import { text, view } from "../app";
import { beginConnect } from "../actions";
import { reconnectable, addBlockedReason, sessionsHoldingSlots } from "../state/pages";
import { pageKindName, providerName } from "../text/names";
import { LimitReason } from "./LimitReason";
import { Link } from "./Link";
import { pageNameOf, ProviderMark } from "./parts";
import { ReconnectAction } from "./ReconnectAction";
import { Sessions } from "./Sessions";

/** Shown when no other page is connected (R18, R21). */
export function ConnectScreen({ merchant, provider }: { readonly merchant: string; readonly provider: Provider }) {
  const words = text.value.add;
  const name = providerName(text.value, provider);
  const { list } = view.value;
  const lost = list ? reconnectable(list, provider) : [];
  const noneConnected = list && !list.connections.some((connection) => connection.state === State.CONNECTED);
  // R12: offered below the limit only. Reconnecting a lost page that kept its slot works even when the list is full.
  const why = list && addBlockedReason(list);
  return (
    <div class="card hero-card">
      <ProviderMark provider={provider} />
      <h1>{words.connectTitle(pageKindName(text.value, provider))}</h1>
      {lost.length > 0 && <LostPages merchant={merchant} lost={lost} />}
      <p class="lead" id="connect-lead">
        {list && why ? <LimitReason list={list} /> : noneConnected ? words.connectLead(name) : words.signIn(name)}
      </p>
      <div class="row center">
        <button
          type="button"
          class={lost.length > 0 ? "" : "primary"}
          disabled={!list || why !== undefined}
          aria-describedby="connect-lead"
          onClick={() => void beginConnect(merchant, provider)}
        >
          {words.begin(name)}
        </button>
        <Link to={{ at: "pages", merchant }} class="button quiet">
          {words.toPages}
        </Link>
      </div>
      {list && why && <Sessions merchant={merchant} sessions={sessionsHoldingSlots(list)} />}
    </div>
  );
}

function LostPages({ merchant, lost }: { readonly merchant: string; readonly lost: readonly Connection[] }) {
  return (
    <>
      <p>{text.value.add.bringBack}</p>
      <ul class="lost-pages">
        {lost.map((connection) => (
          <li key={connection.page?.pageId} class="row">
            <b class="grow">{pageNameOf(connection)}</b>
            <ReconnectAction merchant={merchant} connection={connection} class="primary" />
          </li>
        ))}
      </ul>
    </>
  );
}
