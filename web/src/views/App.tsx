import { useEffect, useRef } from "preact/hooks";
import { route, settings, text, view } from "../app";
import { Desk } from "../desk/Desk";
import { format, type Route } from "../state/routes";
import { explain } from "../text/names";
import { Machine } from "../machine/Machine";
import { Add } from "./Add";
import { ConnectScreen } from "./ConnectScreen";
import { Header } from "./Header";
import { History } from "./History";
import { Inbox } from "./Inbox";
import { Notices } from "./Notices";
import { Pages } from "./Pages";
import { Session } from "./Session";
import { Start } from "./Start";

export function App() {
  const at = route.value;
  const main = useRef<HTMLElement>(null);
  const address = format(at);
  const first = useRef(address);

  // The tab is called what the screen is called; a screen that has to ask first knows it later.
  useEffect(() => {
    const name = () => (document.title = [main.current?.querySelector("h1")?.textContent, "ConnectionState"].filter(Boolean).join(" · "));
    const changes = new MutationObserver(name);
    changes.observe(main.current!, { subtree: true, childList: true, characterData: true });
    name();
    return () => changes.disconnect();
  }, []);

  // A screen that comes without a new page has to say so: the focus goes where reading begins.
  useEffect(() => {
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
        <Trouble />
        <Screen at={at} />
      </main>
      <Notices />
    </>
  );
}

function Screen({ at }: { readonly at: Route }) {
  switch (at.at) {
    case "start":
      return <Start />;
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
      return <Machine merchant={at.merchant} page={at.page} />;
    case "desk":
      return settings.value.development ? <Desk merchant={at.merchant} /> : <Pages merchant={at.merchant} />;
  }
}

// What keeps a screen from being right, where the server said what it is.
function Trouble() {
  const { failure, light } = view.value;
  if (light !== "stale") return null;
  return (
    <p class="banner warn" role="note">
      {failure && !["UNREACHABLE", "UNEXPECTED"].includes(failure.reason) ? explain(text.value, failure) : text.value.light.staleHint}
    </p>
  );
}
