import { text, view } from "../app";
import { begin } from "../actions";
import { Provider } from "../api/gen/connectionstate/v1/page_pb";
import { whyNoAdd } from "../state/pages";
import { kindOfPage } from "../text/names";
import { ProviderMark } from "./parts";

/** R1: first the provider is chosen. */
export function Add({ merchant }: { readonly merchant: string }) {
  const words = text.value.add;
  const { list } = view.value;
  const why = list && whyNoAdd(list);
  return (
    <>
      <h1>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      {why && (
        <p class="banner warn" role="note">
          {text.value.pages[why](list.quota?.used ?? 0, list.quota?.limit ?? 0)}
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
