import { Cause } from "@connectionstate/client";
import type { CountLossesResponse_Count as Count } from "@connectionstate/client/services";
import type { Texts } from "../text";

/** Why connections are lost, in the order in which bars are stacked from below. */
export const lossCauses = [
  { cause: Cause.TOKEN_EXPIRED, key: "tokenExpired" },
  { cause: Cause.PERMISSION_REVOKED, key: "permissionRevoked" },
  { cause: Cause.ROLE_LOST, key: "roleLost" },
  { cause: Cause.PAGE_DELETED, key: "pageDeleted" },
  { cause: Cause.SIGNED_IN_ELSEWHERE, key: "signedInElsewhere" },
] as const satisfies readonly { cause: Cause; key: keyof Texts["fleet"]["causes"] }[];

export type CauseKey = (typeof lossCauses)[number]["key"] | "other";

/** The parts of a bar. A newer server may know other causes. */
export const causeKeys: readonly CauseKey[] = [...lossCauses.map(({ key }) => key), "other"];

export function causeName(text: Texts, key: CauseKey): string {
  return text.fleet.causes[key];
}

/** The losses of one day in UTC, such as 2026-11-29: by cause, in the order of `causeKeys`. */
export interface LossDay {
  readonly day: string;
  readonly ofCauses: readonly number[];
  readonly total: number;
}

const dayLength = 86_400_000;

/** Returns one entry for each of the last days, today last, also for days without losses. */
export function toDays(counts: readonly Count[], asOf: number, days: number): readonly LossDay[] {
  return Array.from({ length: days }, (_, index) => {
    const day = new Date(asOf - (days - 1 - index) * dayLength).toISOString().slice(0, 10);
    const ofDay = counts.filter((count) => count.day === day);
    const ofCauses = causeKeys.map((key) => sum(ofDay.filter((count) => keyOf(count.cause) === key)));
    return { day, ofCauses, total: sum(ofDay) };
  });
}

function keyOf(cause: Cause): CauseKey {
  return lossCauses.find((one) => one.cause === cause)?.key ?? "other";
}

function sum(counts: readonly Count[]): number {
  return counts.reduce((total, { count }) => total + Number(count), 0);
}

/** The total of each cause over all days, in the order of `causeKeys`. */
export function totalsOf(days: readonly LossDay[]): readonly number[] {
  return causeKeys.map((_, index) => days.reduce((total, { ofCauses }) => total + ofCauses[index]!, 0));
}

/** The day with the most losses; of several, the latest. Undefined without days. */
export function worstOf(days: readonly LossDay[]): LossDay | undefined {
  return days.reduce<LossDay | undefined>((worst, day) => (worst === undefined || day.total >= worst.total ? day : worst), undefined);
}

/** The vertical axis: whole numbers from 0 to its top. */
export interface Axis {
  readonly top: number;
  readonly ticks: readonly number[];
}

const mostSteps = 4;

/** Returns an axis of at most four equal steps of 1, 2 or 5 times a power of ten, whose top is at least the maximum. */
export function axisFor(maximum: number): Axis {
  let step = 1;
  for (let power = 1; step * mostSteps < maximum; power *= 10) step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one * mostSteps >= maximum) ?? step;
  const steps = Math.max(1, Math.ceil(maximum / step));
  return { top: steps * step, ticks: Array.from({ length: steps + 1 }, (_, index) => index * step) };
}

/** A part of a bar, as shares of the height of the axis: 0 is the bottom, 1 the top. */
export interface BarPart {
  readonly key: CauseKey;
  readonly from: number;
  readonly height: number;
}

/** Stacks the causes of a day, from below. Causes without losses have no part. */
export function stack({ ofCauses }: LossDay, axis: Axis): readonly BarPart[] {
  let below = 0;
  return ofCauses.flatMap((count, index) => {
    if (count === 0) return [];
    const from = below / axis.top;
    below += count;
    return [{ key: causeKeys[index]!, from, height: count / axis.top }];
  });
}
