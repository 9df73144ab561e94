import { text, view } from "../app";
import { begin } from "../actions";
import { Provider, type PageList } from "../api/gen/connectionstate/v1/page_pb";
import { whyNoAdd } from "../state/pages";
import { kindOfPage } from "../text/names";
import { Loading } from "./Loading";
import { ProviderMark } from "./parts";
import { QuotaOverview } from "./QuotaOverview";

/** R1: first the provider is chosen; R12: beside where the merchant stands, and below the limit only. */
export function Add({ merchant }: { readonly merchant: string }) {
  const words = text.value.add;
  const { list } = view.value;
  return (
    <>
      <h1>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      {list ? (
        <>
          <Choices merchant={merchant} list={list} />
          <QuotaOverview list={list} />
        </>
      ) : (
        <Loading />
      )}
    </>
  );
}

function Choices({ merchant, list }: { readonly merchant: string; readonly list: PageList }) {
  const words = text.value.add;
  const why = whyNoAdd(list);
  const { used = 0, limit = 0 } = list.quota ?? {};
  return (
    <>
      {why && (
        <p class="banner warn" role="note">
          {text.value.pages[why](used, limit)}
        </p>
      )}
      <div class="choices">
        {[Provider.FACEBOOK, Provider.ZALO].map((provider) => (
          <button key={provider} type="button" class="card choice" disabled={why !== undefined} onClick={() => void begin(merchant, provider)}>
            <ProviderMark provider={provider} />
            <span>
              <b>{kindOfPage(text.value, provider)}</b>
              <small>{provider === Provider.ZALO ? words.zaloLead : words.facebookLead}</small>
            </span>
          </button>
        ))}
      </div>
    </>
  );
}
