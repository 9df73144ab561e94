import { timestampMs, type Timestamp } from "@bufbuild/protobuf/wkt";
import type { Language } from ".";

const units = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
] as const;

// Formatters are cached: creating one is slow enough to be noticed in a list of 500 entries.
const formats = new Map<string, Intl.DateTimeFormat | Intl.RelativeTimeFormat | Intl.NumberFormat>();

function format<T extends Intl.DateTimeFormat | Intl.RelativeTimeFormat | Intl.NumberFormat>(name: string, create: () => T): T {
  const cached = formats.get(name) as T | undefined;
  if (cached) return cached;
  const created = create();
  formats.set(name, created);
  return created;
}

/**
 * Formats a point in time relative to now: "2 minutes ago", "in 3 days". Counts whole units of the largest unit that fits, after rounding
 * to the next smaller unit: 14 days, 23:59:55 is 15 days, and 36 hours is 1 day.
 */
export function relative(language: Language, at: number, now: number): string {
  const numbers = format(`${language}/relative`, () => new Intl.RelativeTimeFormat(language, { numeric: "always" }));
  const away = Math.abs(at - now);
  for (let index = units.length - 1; ; index--) {
    const [unit, size] = units[index]!;
    const smaller = units[index + 1]?.[1] ?? size;
    const count = Math.floor((Math.round(away / smaller) * smaller) / size);
    const larger = units[index - 1]?.[1] ?? Infinity;
    // "sau 14 phút nữa": the last word adds nothing.
    if (count * size < larger) return numbers.format(at > now ? count : -count, unit).replace(/ nữa$/, "");
  }
}

/** A text that contains a time. */
export type TimeText = (when: string) => string;

/** Formats a point in time relative to now, with one text for the future and one for the past. */
export function relativeText(language: Language, at: number, now: number, text: TimeText, pastText: TimeText = text): string {
  return (at > now ? text : pastText)(relative(language, at, now));
}

/** Formats a duration in its two largest units: "3 minutes 20 seconds". */
export function duration(language: Language, milliseconds: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, milliseconds);
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0 || (unit === "second" && parts.length === 0)) {
      parts.push(format(`${language}/${unit}`, () => new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" })).format(count));
    }
  }

  return parts.slice(0, 2).join(" ");
}

/** Formats a date and time to the minute. */
export function short(language: Language, at: number): string {
  return dateTime(language, at, "short");
}

/** Formats a date and time to the second. */
export function exact(language: Language, at: number): string {
  return dateTime(language, at, "medium");
}

// Vietnamese: 12:41, 28/11/2026.
function dateTime(language: Language, at: number, timeStyle: "short" | "medium"): string {
  if (language === "en") return format(`en/${timeStyle}`, () => new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle })).format(at);
  const time = format(`vi/${timeStyle}`, () => new Intl.DateTimeFormat("vi", { timeStyle }));
  const date = format("vi/date", () => new Intl.DateTimeFormat("vi", { day: "2-digit", month: "2-digit", year: "numeric" }));
  return `${time.format(at)}, ${date.format(at)}`;
}

export function milliseconds(at: Timestamp | undefined): number | undefined {
  return at && timestampMs(at);
}
