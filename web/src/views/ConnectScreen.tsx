import { text, view } from "../app";
import { begin } from "../actions";
import { Connection_State as State, type Provider } from "../api/gen/connectionstate/v1/page_pb";
import { kindOfPage, providerName } from "../text/names";
import { Link } from "./Link";
import { ProviderMark } from "./parts";

/** Where a screen goes when no other page is connected (R18, R21). */
export function ConnectScreen({ merchant, provider }: { readonly merchant: string; readonly provider: Provider }) {
  const words = text.value.add;
  const name = providerName(text.value, provider);
  const hasNone = !view.value.list?.connections.some((connection) => connection.state === State.CONNECTED);
  return (
    <div class="card hero-card">
      <ProviderMark provider={provider} />
      <h1>{words.connectTitle(kindOfPage(text.value, provider))}</h1>
      <p class="lead">{hasNone ? words.connectLead(name) : words.signIn(name)}</p>
      <div class="row center">
        <button type="button" class="primary" onClick={() => void begin(merchant, provider)}>
          {words.begin(name)}
        </button>
        <Link to={{ at: "pages", merchant }} class="button quiet">
          {words.toPages}
        </Link>
      </div>
    </div>
  );
}
