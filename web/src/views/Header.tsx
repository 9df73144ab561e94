import { needsNotice } from "@connectionstate/client";
import { language, route, settings, text, view } from "../app";
import { theme, type Theme } from "../preferences";
import { merchantOf, type Route } from "../state/routes";
import { LiveIndicator } from "./LiveIndicator";
import { Icon, type IconName } from "./Icon";
import { Link } from "./Link";

export function Header() {
  const merchant = merchantOf(route.value);
  return (
    <header class="top">
      <div class="bar">
        <Link to={merchant === undefined ? { at: "start" } : { at: "pages", merchant }} class="brand" aria-label={text.value.product}>
          <img src="/favicon.svg" alt="" width="28" height="28" />
          <span>{text.value.product}</span>
        </Link>
        {merchant !== undefined && (
          <Link to={{ at: "start" }} class="merchant" title={text.value.changeMerchant}>
            <small>{text.value.merchant}</small> <b>{merchant}</b>
          </Link>
        )}
        <div class="tools">
          {merchant !== undefined && <LiveIndicator />}
          <LanguageSwitch />
          <ThemeSwitch />
        </div>
      </div>
      {merchant !== undefined && <Navigation merchant={merchant} />}
    </header>
  );
}

const sections: readonly { readonly at: "pages" | "inbox" | "history" | "machine" | "desk"; readonly covers: readonly Route["at"][] }[] = [
  { at: "pages", covers: ["pages", "add", "connect", "session"] },
  { at: "inbox", covers: ["inbox"] },
  { at: "history", covers: ["history"] },
  { at: "machine", covers: ["machine"] },
  { at: "desk", covers: ["desk"] },
];

function Navigation({ merchant }: { readonly merchant: string }) {
  const lost = view.value.list?.connections.filter(needsNotice).length ?? 0;
  return (
    <nav class="sections" aria-label={text.value.nav.label}>
      {sections
        .filter(({ at }) => settings.value.development || (at !== "desk" && at !== "machine"))
        .map(({ at, covers }) => (
          <Link key={at} to={{ at, merchant }} current={covers.includes(route.value.at)}>
            <Icon name={at satisfies IconName} />
            <span>{text.value.nav[at]}</span>
            {at === "inbox" && lost > 0 && <span class="count">{lost}</span>}
          </Link>
        ))}
    </nav>
  );
}

// On a phone only the code of the language is seen. The name has both.
function LanguageSwitch() {
  const other = language.value === "vi" ? "en" : "vi";
  return (
    <button type="button" class="quiet language" lang={other} onClick={() => (language.value = other)}>
      <span class="long">{text.value.switchLanguage}</span> <span class="code">{other.toUpperCase()}</span>
    </button>
  );
}

const themes: readonly { readonly name: Theme; readonly icon: IconName }[] = [
  { name: "system", icon: "device" },
  { name: "light", icon: "sun" },
  { name: "dark", icon: "moon" },
];

function ThemeSwitch() {
  const at = themes.findIndex(({ name }) => name === theme.value);
  const next = themes[(at + 1) % themes.length]!;
  const label = `${text.value.theme.label}: ${text.value.theme[theme.value]}`;
  return (
    <button type="button" class="quiet square" aria-label={label} title={label} onClick={() => (theme.value = next.name)}>
      <Icon name={themes[at]!.icon} />
    </button>
  );
}
