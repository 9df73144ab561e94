import type { Language } from "../text";

const numbers = { en: new Intl.NumberFormat("en"), vi: new Intl.NumberFormat("vi") };

const englishDays = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", timeZone: "UTC" });

export function number(language: Language, value: number): string {
  return numbers[language].format(value);
}

/** Names a day in UTC, such as 2026-11-29, wherever the browser is. Vietnamese: 29/11. */
export function dayOf(language: Language, day: string): string {
  const [, month, dayOfMonth] = day.split("-");
  return language === "vi" ? `${dayOfMonth}/${month}` : englishDays.format(Date.parse(day));
}
