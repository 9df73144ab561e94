import type { PageList } from "@connectionstate/client";
import { fillAddress } from "../api/settings";
import { settings, text } from "../app";
import { addBlockedReason } from "../state/pages";

/** Why no page can be added, and where to buy more. Renders nothing while one can be added. */
export function LimitReason({ list }: { readonly list: PageList }) {
  const words = text.value.pages;
  const why = addBlockedReason(list);
  if (!why) return null;
  const { buyMoreUrl } = settings.value;
  const { used = 0, limit = 0 } = list.quota ?? {};
  return (
    <>
      {words[why](used, limit)}
      {buyMoreUrl && (
        <>
          {" "}
          <a href={fillAddress(buyMoreUrl, { merchant: list.merchantId })} target="_blank" rel="noopener">
            {words.buyMore}
          </a>
        </>
      )}
    </>
  );
}
