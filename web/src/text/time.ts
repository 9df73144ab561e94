import { timestampMs, type Timestamp } from "@bufbuild/protobuf/wkt";
import type { Language } from ".";

const units = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
] as const;

// Making a format is slow, using one is not: a list of 500 entries shows it.
const formats = new Map<string, Intl.DateTimeFormat | Intl.RelativeTimeFormat | Intl.NumberFormat>();

function format<T extends Intl.DateTimeFormat | Intl.RelativeTimeFormat | Intl.NumberFormat>(name: string, make: () => T): T {
  const known = formats.get(name) as T | undefined;
  if (known) return known;
  const made = make();
  formats.set(name, made);
  return made;
}

/**
 * "2 minutes ago", "in 3 days": in the largest unit of which there is one, of which only whole ones count. What is missing of the next smaller
 * unit is rounded: seconds after something began to last 15 days it is 15 days that are left, and 36 hours are never two days.
 */
export function relative(language: Language, at: number, now: number): string {
  const numbers = format(`${language}/relative`, () => new Intl.RelativeTimeFormat(language, { numeric: "always" }));
  const away = Math.abs(at - now);
  for (let index = units.length - 1; ; index--) {
    const [unit, size] = units[index]!;
    const smaller = units[index + 1]?.[1] ?? size;
    const count = Math.floor((Math.round(away / smaller) * smaller) / size);
    const larger = units[index - 1]?.[1] ?? Infinity;
    if (count * size < larger) return numbers.format(at > now ? count : -count, unit);
  }
}

export type Say = (when: string) => string;

/** A moment told from now, in the words for what will be, or in those for what was. */
export function told(language: Language, at: number, now: number, say: Say, past: Say = say): string {
  return (at > now ? say : past)(relative(language, at, now));
}

/** "3 minutes 20 seconds": the two largest units. */
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

/** The date and the time of day. */
export function short(language: Language, at: number): string {
  return format(`${language}/short`, () => new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" })).format(at);
}

/** The date and the time, exact to the second. */
export function exact(language: Language, at: number): string {
  return format(`${language}/exact`, () => new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" })).format(at);
}

export function milliseconds(at: Timestamp | undefined): number | undefined {
  return at && timestampMs(at);
}
