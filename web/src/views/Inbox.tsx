import { useEffect, useRef } from "preact/hooks";
import { findPage, isLost, isSamePage, isSuspect, needsNotice, type Page, pageKey, type PageList } from "@connectionstate/client";
import { navigate, text, view } from "../app";
import { acknowledge } from "../actions";
import { initialInboxPage } from "../state/pages";
import { format } from "../state/routes";
import { DisconnectDialog } from "./DisconnectDialog";
import { Icon } from "./Icon";
import { InboxPage } from "./InboxPage";
import { Link } from "./Link";
import { Loading } from "./Loading";
import { LostNotice } from "./LostNotice";
import { pageNameOf, ProviderMark } from "./parts";
import { useExternalChange } from "./useExternalChange";
import { useDisconnectDialog } from "./useDisconnectDialog";

/** The inbox of one page: shows how a screen reacts when the connection changes (R13 to R18, R20, R21). */
export function Inbox({ merchant, page }: { readonly merchant: string; readonly page?: Page }) {
  const { list } = view.value;
  const first = list && initialInboxPage(list)?.page;
  const [toDisconnect, setToDisconnect] = useDisconnectDialog(list, page);

  useEffect(() => {
    if (!page && first) navigate({ at: "inbox", merchant, page: first }, "replace");
  }, [merchant, page, first]);
  const kept = useExternalChange(merchant, page, list);

  if (!list) return <Loading />;
  const connection = kept ?? (page && findPage(list, page));
  return (
    <>
      <h1 class="visually-hidden">{text.value.inbox.title}</h1>
      {list.connections.length === 0 && !kept ? (
        <NoPage merchant={merchant} title={text.value.inbox.empty} />
      ) : (
        <div class="mailbox">
          <PageTabs merchant={merchant} list={list} page={page} />
          {connection ? (
            <InboxPage key={pageKey(connection.page)} merchant={merchant} connection={connection} isOver={kept !== undefined} onDisconnect={() => setToDisconnect(connection)} />
          ) : (
            <NoPage merchant={merchant} title={text.value.inbox.notListed} />
          )}
        </div>
      )}
      {connection && !kept && needsNotice(connection) && (
        <LostNotice key={format({ at: "inbox", merchant, page })} list={list} connection={connection} merchant={merchant} onAcknowledge={() => acknowledge(merchant, connection.page!)} />
      )}
      {toDisconnect && <DisconnectDialog merchant={merchant} connection={toDisconnect} list={list} onClose={() => setToDisconnect(undefined)} />}
    </>
  );
}

// How much of the tab before the current one is seen. In pixels.
const tabMargin = 24;

interface TabsProps {
  readonly merchant: string;
  readonly list: PageList;
  readonly page?: Page;
}

function PageTabs({ merchant, list, page }: TabsProps) {
  const tabs = useRef<HTMLElement>(null);

  // On a phone the tabs are one line, which may be longer than the screen.
  useEffect(() => {
    const current = tabs.current?.querySelector("[aria-current]");
    if (current) tabs.current!.scrollLeft += current.getBoundingClientRect().left - tabs.current!.getBoundingClientRect().left - tabMargin;
  }, [page?.provider, page?.pageId]);

  return (
    <nav ref={tabs} class="page-tabs" aria-label={text.value.inbox.pages}>
      {list.connections.map((connection) => (
        <Link key={pageKey(connection.page)} to={{ at: "inbox", merchant, page: connection.page }} current={isSamePage(connection.page, page)}>
          <ProviderMark provider={connection.page!.provider} />
          <span class="tab-name">{pageNameOf(connection)}</span>
          {isLost(connection) && <Icon name="warning" />}
          {isSuspect(connection) && (
            <span class="checking-mark" title={text.value.health.suspect}>
              <Icon name="history" />
              <span class="visually-hidden">{text.value.health.suspect}</span>
            </span>
          )}
        </Link>
      ))}
    </nav>
  );
}

function NoPage({ merchant, title }: { readonly merchant: string; readonly title: string }) {
  return (
    <div class="card empty">
      <Icon name="inbox" />
      <h2>{title}</h2>
      <Link to={{ at: "pages", merchant }} class="button">
        {text.value.add.toPages}
      </Link>
    </div>
  );
}
