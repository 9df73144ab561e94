import { useEffect, useRef } from "preact/hooks";
import { blocked, route, settings, text } from "../app";
import { Desk, StateMachineScreen } from "../developerScreens";
import { format, type Route } from "../state/routes";
import { Add } from "./Add";
import { BlockedDialog } from "./BlockedDialog";
import { ConnectScreen } from "./ConnectScreen";
import { Header } from "./Header";
import { History } from "./History";
import { Inbox } from "./Inbox";
import { lazy } from "./lazy";
import { Notices } from "./Notices";
import { Pages } from "./Pages";
import { Session } from "./Session";
import { StaleBanner } from "./StaleBanner";
import { Start } from "./Start";

// Merchants do not load what is for operators.
const FleetScreen = lazy(() => import("../fleet/FleetScreen").then((module) => module.FleetScreen));

export function App() {
  const at = route.value;
  const main = useRef<HTMLElement>(null);
  const address = format(at);
  const first = useRef(address);

  // The document title is the heading of the screen. Some screens load their heading later.
  useEffect(() => {
    const updateTitle = () => (document.title = [main.current?.querySelector("h1")?.textContent, "ConnectionState"].filter(Boolean).join(" · "));
    const changes = new MutationObserver(updateTitle);
    changes.observe(main.current!, { subtree: true, childList: true, characterData: true });
    updateTitle();
    return () => changes.disconnect();
  }, []);

  // Client-side navigation loads no document: move the focus to the new content for screen readers.
  useEffect(() => {
    blocked.value = undefined;
    if (first.current !== address && !document.querySelector("dialog[open]")) {
      main.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    first.current = address;
  }, [address]);

  return (
    <>
      <a class="skip" href="#main" onClick={() => main.current?.focus()}>
        {text.value.skip}
      </a>
      <Header />
      <main id="main" ref={main} tabIndex={-1} class={`at-${at.at}`}>
        <StaleBanner />
        <Screen at={at} />
        <BlockedDialog />
      </main>
      <Notices />
    </>
  );
}

function Screen({ at }: { readonly at: Route }) {
  switch (at.at) {
    case "start":
      return <Start />;
    case "fleet":
      return <FleetScreen />;
    case "pages":
      return <Pages merchant={at.merchant} />;
    case "add":
      return <Add merchant={at.merchant} />;
    case "connect":
      return <ConnectScreen merchant={at.merchant} provider={at.provider} />;
    case "session":
      return <Session key={at.session} merchant={at.merchant} session={at.session} />;
    case "inbox":
      return <Inbox merchant={at.merchant} page={at.page} />;
    case "history":
      return <History merchant={at.merchant} page={at.page} />;
    case "machine":
      return settings.value.development ? <StateMachineScreen merchant={at.merchant} page={at.page} /> : <Pages merchant={at.merchant} />;
    case "desk":
      return settings.value.development ? <Desk merchant={at.merchant} /> : <Pages merchant={at.merchant} />;
  }
}
