import { computed, effect, signal } from "@preact/signals";
import { initialView, type Failure, type Navigation, type PageListView, Provider, toFailure } from "@connectionstate/client";
import { defaultSettings, type Settings } from "./api/settings";
import { format, parse, type Route } from "./state/routes";
import { preferredLanguage, type Language, type Texts } from "./text";
import { en } from "./text/en";
import { failureText } from "./text/names";
import { vi } from "./text/vi";

// Application state shared by all screens.

export type Theme = "system" | "light" | "dark";

export interface Notice {
  readonly id: number;
  readonly tone: "good" | "info" | "bad";
  readonly text: string;
}

/** A call that failed because open sessions hold what it needs. Cancelling one of them may help. */
export interface Blocked {
  readonly merchant: string;
  readonly failure: Failure;
  readonly sessionIds: readonly string[];
  readonly retry: () => void;
}

export const settings = signal<Settings>(defaultSettings);
export const route = signal<Route>(parse(location.pathname));
export const view = signal<PageListView>(initialView);
export const language = signal<Language>(readPreference("language", ["vi", "en"]) ?? preferredLanguage(navigator.languages));
export const theme = signal<Theme>(readPreference("theme", ["system", "light", "dark"]) ?? "system");
export const text = computed<Texts>(() => (language.value === "vi" ? vi : en));
export const notices = signal<readonly Notice[]>([]);
export const blocked = signal<Blocked | undefined>(undefined);
export const now = signal(Date.now());

setInterval(() => (now.value = Date.now()), 1_000);
addEventListener("popstate", () => (route.value = parse(location.pathname)));

effect(() => {
  document.documentElement.lang = language.value;
  savePreference("language", language.value);
});

effect(() => {
  document.documentElement.dataset.theme = theme.value;
  savePreference("theme", theme.value);
});

export function navigate(to: Route, how: "push" | "replace" = "push"): void {
  const path = format(to);
  if (path !== location.pathname) history[how === "push" ? "pushState" : "replaceState"](null, "", path);
  route.value = to;
}

/** Navigates to the screen that the server named. */
export function followNavigation(merchant: string, navigation: Navigation | undefined): void {
  const target = navigation?.target;
  if (target?.case === "page") navigate({ at: "inbox", merchant, page: target.value }, "replace");
  else if (target?.case === "connect") navigate({ at: "connect", merchant, provider: target.value.provider || Provider.FACEBOOK }, "replace");
}

let lastNoticeId = 0;

export function notify(tone: Notice["tone"], message: string): void {
  const notice = { id: ++lastNoticeId, tone, text: message };
  notices.value = [...notices.value.slice(-2), notice];
  setTimeout(() => dismiss(notice.id), tone === "good" ? 6_000 : 12_000);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** Runs an action that may fail. Shows a failure as a notice and returns undefined. */
export async function tryOrNotify<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    notifyFailure(toFailure(error));
    return undefined;
  }
}

/** Runs an action that may be blocked by open sessions. Offers to cancel one; any other failure is shown as a notice. */
export async function tryOrOfferToCancel<T>(merchant: string, action: () => Promise<T>, retry: () => void): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    const failure = toFailure(error);
    const sessionIds = failure.values.sessions?.split(",").filter(Boolean) ?? [];
    if (sessionIds.length > 0) blocked.value = { merchant, failure, sessionIds, retry };
    else notifyFailure(failure);
    return undefined;
  }
}

export function notifyFailure(failure: Failure): void {
  notify("bad", failureText(text.value, failure));
}

// localStorage throws if the browser blocks it; then no preference is kept.
function readPreference<T extends string>(name: string, known: readonly T[]): T | undefined {
  try {
    return known.find((value) => value === localStorage.getItem(`console.${name}`));
  } catch {
    return undefined;
  }
}

export function savePreference(name: string, value: string): void {
  try {
    localStorage.setItem(`console.${name}`, value);
  } catch {
    // Blocked by the browser.
  }
}

export function readListPreference(name: string): readonly string[] {
  try {
    return localStorage.getItem(`console.${name}`)?.split("\n").filter(Boolean) ?? [];
  } catch {
    return [];
  }
}
