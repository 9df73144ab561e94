import type { ConnectSession } from "@connectionstate/client";
import { fillAddress } from "../api/settings";
import { settings, text } from "../app";
import { nameOf } from "../state/routes";
import { providerName } from "../text/names";

/** Leads to the page of the platform on which the merchant signs in and consents. Another tab, so that this screen can follow. */
export function ConnectLink({ merchant, session }: { readonly merchant: string; readonly session: ConnectSession }) {
  const words = text.value.add;
  const provider = providerName(text.value, session.provider);
  const address = settings.value.connectUrls[nameOf(session.provider)];
  if (!address) {
    return (
      <p class="card" role="note">
        {words.notConfigured(provider)}
      </p>
    );
  }
  return (
    <div class="card row wrap">
      <p class="grow">{words.waiting(provider)}</p>
      <a class="button primary" href={fillAddress(address, { merchant, session: session.sessionId })} target="_blank" rel="noopener">
        {words.continueWith(provider)}
      </a>
    </div>
  );
}
