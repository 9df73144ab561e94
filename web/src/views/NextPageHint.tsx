import { text } from "../app";
import type { PageList } from "../api/gen/connectionstate/v1/page_pb";
import { nextAfter } from "../state/pages";
import type { Page } from "../state/routes";
import { providerName } from "../text/names";
import { Icon } from "./Icon";
import { pageNameOf } from "./parts";

/** Shows which screen comes after a page. */
export function NextPageHint({ list, page }: { readonly list: PageList; readonly page: Page }) {
  const words = text.value.inbox;
  const next = nextAfter(list, page);
  return (
    <p class="next">
      <Icon name="arrow" />
      <span>
        {words.then} <b>{"page" in next ? words.nextPage(pageNameOf(next.page)) : words.nextConnect(providerName(text.value, next.connect))}</b>
      </span>
    </p>
  );
}
