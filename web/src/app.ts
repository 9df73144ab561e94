import { computed, signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { initialView, type ConnectSession, type Failure, type Navigation, type Page, type PageListView, Provider, toFailure } from "@connectionstate/client";
import { defaultSettings, type Settings } from "./api/settings";
import type { Route } from "./state/routes";
import { preferredLanguage, type Language, type Texts } from "./text";
import { en } from "./text/en";
import { failureText } from "./text/names";
import { vi } from "./text/vi";

// Application state shared by all screens: of the console, and of the element for other pages.

/** Where the screens are shown. */
export interface Surroundings {
  /** Whether this screen can be shown here. Links to others are left out. */
  shows(to: Route): boolean;
  /** The address of a screen, or undefined if screens have none here. */
  addressOf(to: Route): string | undefined;
  /** Whether the screen moves on when this page was disconnected (R20). */
  movesOnAfter(page: Page): boolean;
  /** Called before another screen is shown. Returns the screen to show. */
  onNavigate(to: Route, how: "push" | "replace"): Route;
}

/** A form that simulates a provider in Development. */
export type SimulationForm = ComponentType<{
  readonly merchant: string;
  readonly session: ConnectSession;
  readonly onSessionChanged?: (session: ConnectSession | undefined) => void;
}>;

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
/** The simulated providers; without them, connect sessions lead to the connector of the platform. */
export const simulation = signal<{ readonly SignInForm: SimulationForm; readonly ConsentForm: SimulationForm } | undefined>(undefined);
export const route = signal<Route>({ at: "start" });
export const view = signal<PageListView>(initialView);
export const language = signal<Language>(preferredLanguage(navigator.languages));
export const text = computed<Texts>(() => (language.value === "vi" ? vi : en));
export const notices = signal<readonly Notice[]>([]);
export const blocked = signal<Blocked | undefined>(undefined);
export const now = signal(Date.now());

let surroundings: Surroundings = { shows: () => true, addressOf: () => undefined, movesOnAfter: () => true, onNavigate: (to) => to };

/** Says where the screens are shown, before the first is. */
export function showIn(place: Surroundings): void {
  surroundings = place;
}

/** Whether links lead to a screen here. */
export function isShownHere(to: Route): boolean {
  return surroundings.shows(to);
}

export function addressOf(to: Route): string | undefined {
  return surroundings.addressOf(to);
}

export function movesOnAfter(page: Page): boolean {
  return surroundings.movesOnAfter(page);
}

/** Keeps relative times current. Returns a function that ends it. */
export function startClock(): () => void {
  now.value = Date.now();
  const timer = setInterval(() => (now.value = Date.now()), 1_000);
  return () => clearInterval(timer);
}

export function navigate(to: Route, how: "push" | "replace" = "push"): void {
  route.value = surroundings.onNavigate(to, how);
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
