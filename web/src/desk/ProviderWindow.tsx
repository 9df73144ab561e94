import type { ComponentChildren } from "preact";
import { Provider } from "@connectionstate/client";
import { text } from "../app";
import { providerName } from "../text/names";
import { ProviderMark } from "../views/parts";

/** A frame for the simulated pages of a provider. */
export function ProviderWindow({ provider, children }: { readonly provider: Provider; readonly children: ComponentChildren }) {
  const title = text.value.desk.window(providerName(text.value, provider));
  return (
    <section class={provider === Provider.ZALO ? "window zalo" : "window facebook"} aria-label={title}>
      <header>
        <ProviderMark provider={provider} />
        <b>{title}</b>
        <span class="badge">{text.value.desk.only}</span>
      </header>
      <div class="window-body">{children}</div>
    </section>
  );
}
