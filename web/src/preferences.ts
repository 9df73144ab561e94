import { effect, signal } from "@preact/signals";
import { language } from "./app";

// What a person chose in the console, kept in the browser. localStorage throws if the browser blocks it; then nothing is kept.

export type Theme = "system" | "light" | "dark";

export const theme = signal<Theme>(read("theme", ["system", "light", "dark"]) ?? "system");

/** Applies language and theme to the document, now and when they change. */
export function applyPreferences(): void {
  language.value = read("language", ["vi", "en"]) ?? language.value;
  effect(() => {
    document.documentElement.lang = language.value;
    savePreference("language", language.value);
  });
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
    savePreference("theme", theme.value);
  });
}

function read<T extends string>(name: string, known: readonly T[]): T | undefined {
  const kept = readListPreference(name)[0];
  return known.find((value) => value === kept);
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
