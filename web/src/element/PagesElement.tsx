import { type Connection, findPage, initialView, isSamePage, type IssuedToken, type Page, type PageList } from "@connectionstate/client";
import { effect, untracked } from "@preact/signals";
import { render } from "preact";
import { callWith } from "../api/client";
import { defaultSettings, loadSettings } from "../api/settings";
import { blocked, language, notices, route, settings, showIn, startClock, view } from "../app";
import { isId, nameOf, type Route } from "../state/routes";
import { preferredLanguage } from "../text";
import { causeKeys, stateKeys } from "../text/names";
import { pageNameOf } from "../views/parts";
import { watchCurrentMerchant } from "../watchCurrentMerchant";
import { newLosses } from "./losses";
import { formatPage, parsePage } from "./pageAttribute";
import { PagesRoot } from "./PagesRoot";
import { styles } from "./styles";

/** A token, a function that gets one from the backend of the host page, or null for a service without authentication. */
type HostToken = string | GetToken | null;
type GetToken = () => Promise<string | IssuedToken>;

// The screens that the element has. The host page has the inbox; "inbox" stands for the list while the host shows that page.
const screens: ReadonlySet<Route["at"]> = new Set(["pages", "add", "connect", "session", "inbox"]);

// This script comes from the service.
const script = import.meta.url;

// The screens share one state, as those of the console do.
let shown: PagesElement | undefined;

/**
 * The page list and the connect flow of a merchant, for the pages of a platform: <connectionstate-pages merchant="shop-1">. docs/embedding.md describes
 * its attributes, properties and events. Shows nothing until it has a merchant and a token.
 */
export class PagesElement extends HTMLElement {
  static readonly observedAttributes = ["merchant", "service", "page", "lang"];

  private tokenSource?: HostToken;
  private stops: (() => void)[] = [];
  private readonly container = document.createElement("div");

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [styles()];
    root.append(this.container);
  }

  get token(): HostToken | undefined {
    return this.tokenSource;
  }

  // Frameworks set a new function whenever they render.
  set token(source: HostToken | undefined) {
    const isFunctionAgain = typeof this.tokenSource === "function" && typeof source === "function";
    this.tokenSource = source;
    if (!isFunctionAgain) this.restart();
  }

  connectedCallback(): void {
    this.takeEarlyToken();
    this.restart();
  }

  disconnectedCallback(): void {
    this.stop();
  }

  attributeChangedCallback(name: string, before: string | null, value: string | null): void {
    if (before === value) return;
    if (name === "merchant" || name === "service") this.restart();
    else if (shown !== this) return;
    else if (name === "lang") language.value = this.preferredLanguage();
    else if (route.value.at === "pages" || route.value.at === "inbox") route.value = this.home(route.value.merchant);
  }

  // A page that ran before this script has set the property of an element that was not this class yet.
  private takeEarlyToken(): void {
    if (!Object.hasOwn(this, "token")) return;
    const early = this.token;
    delete (this as { token?: unknown }).token;
    this.tokenSource = early;
  }

  private restart(): void {
    this.stop();
    const merchant = this.getAttribute("merchant");
    if (!this.isConnected || merchant === null || this.tokenSource === undefined) return;
    if (!isId(merchant)) console.error(`<connectionstate-pages>: ${JSON.stringify(merchant)} is no merchant id.`);
    else if (shown) console.error("<connectionstate-pages>: there is another in this document. Only one is shown at a time.");
    else this.start(merchant, this.tokenSource);
  }

  private start(merchant: string, source: HostToken): void {
    shown = this;
    const token = typeof source === "function" ? () => (this.tokenSource as GetToken)() : (source ?? undefined);
    const baseUrl = this.getAttribute("service")?.replace(/\/+$/, "") ?? new URL(script).origin;
    callWith({ baseUrl, token, actor: "connectionstate-pages" });
    showIn({
      shows: ({ at }) => screens.has(at),
      addressOf: () => undefined,
      movesOnAfter: (page) => route.value.at === "inbox" && isSamePage(route.value.page, page),
      onNavigate: (to) => this.follow(to),
    });
    void loadSettings((loaded) => shown === this && (settings.value = loaded), baseUrl);
    language.value = this.preferredLanguage();
    route.value = this.home(merchant);
    let known: PageList | undefined;
    const stopReporting = effect(() => {
      const { list } = view.value;
      const losses = list ? newLosses(known, list) : [];
      known = list;
      untracked(() => losses.forEach((connection) => this.tell("page-lost", { ...describe(merchant, connection), cause: causeKeys[connection.cause] })));
    });
    this.stops = [startClock(), watchCurrentMerchant(), stopReporting];
    render(<PagesRoot />, this.container);
  }

  private stop(): void {
    if (shown !== this) return;
    shown = undefined;
    this.stops.forEach((stop) => stop());
    render(null, this.container);
    route.value = { at: "start" };
    view.value = initialView;
    settings.value = defaultSettings;
    notices.value = [];
    blocked.value = undefined;
  }

  private follow(to: Route): Route {
    if (to.at === "pages") return this.home(to.merchant);
    if (to.at === "inbox" && to.page) this.choose(to.merchant, to.page);
    if (to.at === "connect") {
      this.removeAttribute("page");
      this.tell("no-page-left", { merchantId: to.merchant, provider: nameOf(to.provider) });
    }
    return to;
  }

  private choose(merchant: string, page: Page): void {
    this.setAttribute("page", formatPage(page));
    const connection = findPage(view.value.list, page);
    if (connection) this.tell("page-chosen", describe(merchant, connection));
  }

  private home(merchant: string): Route {
    const page = parsePage(this.getAttribute("page"));
    return page ? { at: "inbox", merchant, page } : { at: "pages", merchant };
  }

  private preferredLanguage() {
    return preferredLanguage([this.closest<HTMLElement>("[lang]")?.lang ?? "", ...navigator.languages]);
  }

  private tell(type: "page-chosen" | "page-lost" | "no-page-left", detail: object): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

// A page as the events name it.
function describe(merchantId: string, connection: Connection) {
  const { provider, pageId } = connection.page!;
  return { merchantId, provider: nameOf(provider), pageId, name: pageNameOf(connection), state: stateKeys[connection.state] ?? "none" };
}
