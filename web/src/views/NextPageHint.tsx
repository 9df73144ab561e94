import { findPage, nextScreenAfter, type Page, type PageList } from "@connectionstate/client";
import { text } from "../app";
import { providerName } from "../text/names";
import { Icon } from "./Icon";
import { pageNameOf } from "./parts";

/** Shows which screen comes after a page. */
export function NextPageHint({ list, page }: { readonly list: PageList; readonly page: Page }) {
  const words = text.value.inbox;
  const next = nextScreenAfter(list, page);
  const nextPage = "page" in next ? findPage(list, next.page) : undefined;
  return (
    <p class="next">
      <Icon name="arrow" />
      <span>
        {words.then} <b>{nextPage ? words.nextPage(pageNameOf(nextPage)) : words.nextConnect(providerName(text.value, page.provider))}</b>
      </span>
    </p>
  );
}
