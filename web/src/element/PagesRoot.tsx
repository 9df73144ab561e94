import { findPage, needsNotice, type Page } from "@connectionstate/client";
import { useEffect, useRef } from "preact/hooks";
import { acknowledge } from "../actions";
import { blocked, language, route, view } from "../app";
import { format, type Route } from "../state/routes";
import { Add } from "../views/Add";
import { BlockedDialog } from "../views/BlockedDialog";
import { ConnectScreen } from "../views/ConnectScreen";
import { HandledElsewhere } from "../views/HandledElsewhere";
import { LostNotice } from "../views/LostNotice";
import { Notices } from "../views/Notices";
import { Pages } from "../views/Pages";
import { Session } from "../views/Session";
import { StaleBanner } from "../views/StaleBanner";
import { useExternalChange } from "../views/useExternalChange";

/** The screens of the element. */
export function PagesRoot() {
  const at = route.value;
  const frame = useRef<HTMLDivElement>(null);
  const screen = at.at === "inbox" ? "pages" : format(at);
  const first = useRef(screen);

  // For screen readers, the focus follows to the new screen; but not from the host page, where the person may be busy.
  useEffect(() => {
    blocked.value = undefined;
    const isHere = document.activeElement === document.body || document.activeElement?.shadowRoot?.contains(frame.current);
    if (first.current !== screen && isHere) frame.current?.focus({ preventScroll: true });
    first.current = screen;
  }, [screen]);

  return (
    <div ref={frame} id="main" class="frame" tabIndex={-1} lang={language.value}>
      <StaleBanner />
      <Screen at={at} />
      <BlockedDialog />
      <Notices />
    </div>
  );
}

function Screen({ at }: { readonly at: Route }) {
  switch (at.at) {
    case "pages":
    case "inbox":
      return (
        <>
          {at.at === "inbox" && at.page && <PageOfHost merchant={at.merchant} page={at.page} />}
          <Pages merchant={at.merchant} />
        </>
      );
    case "add":
      return <Add merchant={at.merchant} />;
    case "connect":
      return <ConnectScreen merchant={at.merchant} provider={at.provider} />;
    case "session":
      return <Session key={at.session} merchant={at.merchant} session={at.session} />;
    default:
      return null;
  }
}

// The page that the host page shows: what the inbox of the console tells about it (R13 to R18).
function PageOfHost({ merchant, page }: { readonly merchant: string; readonly page: Page }) {
  const { list } = view.value;
  const kept = useExternalChange(merchant, page, list);
  if (kept) return <HandledElsewhere merchant={merchant} connection={kept} />;
  const connection = findPage(list, page);
  if (!list || !connection || !needsNotice(connection)) return null;
  return <LostNotice key={format({ at: "inbox", merchant, page })} merchant={merchant} list={list} connection={connection} onAcknowledge={() => acknowledge(merchant, page)} />;
}
