import { type PageList, Provider } from "@connectionstate/client";
import { text, view } from "../app";
import { beginConnect } from "../actions";
import { addBlockedReason, sessionsHoldingSlots } from "../state/pages";
import { pageKindName } from "../text/names";
import { LimitReason } from "./LimitReason";
import { Loading } from "./Loading";
import { ProviderMark } from "./parts";
import { QuotaOverview } from "./QuotaOverview";
import { Sessions } from "./Sessions";

/** Chooses the provider (R1). Shows the quota, and offers to add a page only below the limit (R12). */
export function Add({ merchant }: { readonly merchant: string }) {
  const words = text.value.add;
  const { list } = view.value;
  return (
    <>
      <h1>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      {list ? (
        <>
          <ProviderChoices merchant={merchant} list={list} />
          {addBlockedReason(list) && <Sessions merchant={merchant} sessions={sessionsHoldingSlots(list)} />}
          <QuotaOverview list={list} />
        </>
      ) : (
        <Loading />
      )}
    </>
  );
}

function ProviderChoices({ merchant, list }: { readonly merchant: string; readonly list: PageList }) {
  const words = text.value.add;
  const why = addBlockedReason(list);
  return (
    <>
      {why && (
        <p class="banner warn" role="note">
          <span>
            <LimitReason list={list} />
          </span>
        </p>
      )}
      <div class="choices">
        {[Provider.FACEBOOK, Provider.ZALO].map((provider) => (
          <button key={provider} type="button" class="card choice" disabled={why !== undefined} onClick={() => void beginConnect(merchant, provider)}>
            <ProviderMark provider={provider} />
            <span>
              <b>{pageKindName(text.value, provider)}</b>
              <small>{provider === Provider.ZALO ? words.zaloLead : words.facebookLead}</small>
            </span>
          </button>
        ))}
      </div>
    </>
  );
}
