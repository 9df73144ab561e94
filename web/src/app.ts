import { computed, effect, signal } from "@preact/signals";
import { toFailure, type Failure } from "./api/failure";
import type { Navigation } from "./api/gen/connectionstate/v1/page_pb";
import { Provider } from "./api/gen/connectionstate/v1/page_pb";
import type { Settings } from "./api/settings";
import { format, parse, type Route } from "./state/routes";
import { unknown, type View } from "./state/view";
import { preferred, type Language, type Texts } from "./text";
import { en } from "./text/en";
import { explain } from "./text/names";
import { vi } from "./text/vi";

// What all screens share: where they are, what is known, how it is told.

export type Theme = "system" | "light" | "dark";

export interface Notice {
  readonly id: number;
  readonly tone: "good" | "bad";
  readonly text: string;
}

export const settings = signal<Settings>({ development: false });
export const route = signal<Route>(parse(location.pathname));
export const view = signal<View>(unknown);
export const language = signal<Language>(recall("language", ["vi", "en"]) ?? preferred(navigator.languages));
export const theme = signal<Theme>(recall("theme", ["system", "light", "dark"]) ?? "system");
export const text = computed<Texts>(() => (language.value === "vi" ? vi : en));
export const notices = signal<readonly Notice[]>([]);
export const now = signal(Date.now());

setInterval(() => (now.value = Date.now()), 1_000);
addEventListener("popstate", () => (route.value = parse(location.pathname)));

effect(() => {
  document.documentElement.lang = language.value;
  remember("language", language.value);
});

effect(() => {
  document.documentElement.dataset.theme = theme.value;
  remember("theme", theme.value);
});

export function go(to: Route, how: "push" | "replace" = "push"): void {
  const path = format(to);
  if (path !== location.pathname) history[how === "push" ? "pushState" : "replaceState"](null, "", path);
  route.value = to;
}

/** Goes where the server says. */
export function follow(merchant: string, navigation: Navigation | undefined): void {
  const target = navigation?.target;
  if (target?.case === "page") go({ at: "inbox", merchant, page: target.value }, "replace");
  else if (target?.case === "connect") go({ at: "connect", merchant, provider: target.value.provider || Provider.FACEBOOK }, "replace");
}

let noticed = 0;

export function tell(tone: Notice["tone"], words: string): void {
  const notice = { id: ++noticed, tone, text: words };
  notices.value = [...notices.value.slice(-2), notice];
  setTimeout(() => dismiss(notice.id), tone === "good" ? 6_000 : 12_000);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** Does something that may fail; a failure is told, and answered as undefined. */
export async function attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    tellFailure(toFailure(error));
    return undefined;
  }
}

export function tellFailure(failure: Failure): void {
  tell("bad", explain(text.value, failure));
}

// A browser may forbid to keep anything; then nothing is kept.
function recall<T extends string>(name: string, known: readonly T[]): T | undefined {
  try {
    return known.find((value) => value === localStorage.getItem(`console.${name}`));
  } catch {
    return undefined;
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`console.${name}`, value);
  } catch {
    // See above.
  }
}

export function recallList(name: string): readonly string[] {
  try {
    return localStorage.getItem(`console.${name}`)?.split("\n").filter(Boolean) ?? [];
  } catch {
    return [];
  }
}
