import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { Cause, Connection_State as State, Provider } from "@connectionstate/client";
import { CountConnectionsResponse_CountSchema, CountLossesResponse_CountSchema } from "@connectionstate/client/services";
import { toTable } from "../src/fleet/counts";
import { dayOf, number } from "../src/fleet/format";
import { axisFor, causeKeys, stack, toDays, totalsOf, worstOf } from "../src/fleet/losses";

const { FACEBOOK, ZALO } = Provider;
const count = (provider: Provider, state: State, cause: Cause, many: number) => create(CountConnectionsResponse_CountSchema, { provider, state, cause, count: BigInt(many) });
const loss = (day: string, cause: Cause, many: number, provider = FACEBOOK) => create(CountLossesResponse_CountSchema, { day, provider, state: State.REVOKED, cause, count: BigInt(many) });

describe("the table of counts", () => {
  const table = toTable([
    count(FACEBOOK, State.CONNECTED, Cause.UNSPECIFIED, 1_000_000),
    count(FACEBOOK, State.REVOKED, Cause.PERMISSION_REVOKED, 3),
    count(FACEBOOK, State.REVOKED, Cause.ROLE_LOST, 4),
    count(ZALO, State.REVOKED, Cause.PERMISSION_REVOKED, 5),
    count(9 as Provider, State.CONNECTED, Cause.UNSPECIFIED, 6),
    count(ZALO, 99 as State, Cause.UNSPECIFIED, 7),
  ]);
  const rowOf = (state: State) => table.rows.find((row) => row.state === state);

  it("adds up the causes of a state, by provider", () => {
    expect(rowOf(State.REVOKED)).toEqual({ state: State.REVOKED, ofProviders: [7, 5], total: 12 });
  });

  it("has a row for each state that is listed, also without connections, and for states of a newer server", () => {
    expect(table.rows.map(({ state }) => state)).toEqual([State.CONNECTED, State.PENDING, State.EXPIRED, State.REVOKED, State.DELETED, State.DISCONNECTED, 99]);
    expect(rowOf(State.EXPIRED)).toMatchObject({ ofProviders: [0, 0], total: 0 });
  });

  it("counts the providers of a newer server in the totals", () => {
    expect(rowOf(State.CONNECTED)?.total).toBe(1_000_006);
    expect(table.all).toEqual({ ofProviders: [1_000_007, 12], total: 1_000_025 });
  });
});

describe("losses by day", () => {
  const noonOfDecember1 = Date.UTC(2026, 11, 1, 12);
  const days = toDays(
    [loss("2026-11-30", Cause.ROLE_LOST, 2), loss("2026-11-30", Cause.ROLE_LOST, 3, ZALO), loss("2026-11-30", 77 as Cause, 1), loss("2026-12-01", Cause.TOKEN_EXPIRED, 6), loss("2026-11-01", Cause.TOKEN_EXPIRED, 100)],
    noonOfDecember1,
    3,
  );

  it("have an entry for each day in UTC, today last", () => {
    expect(days.map(({ day, total }) => [day, total])).toEqual([["2026-11-29", 0], ["2026-11-30", 6], ["2026-12-01", 6]]);
    expect(toDays([], Date.UTC(2026, 11, 1, 23, 59, 59, 999), 2).map(({ day }) => day)).toEqual(["2026-11-30", "2026-12-01"]);
    expect(toDays([], Date.UTC(2026, 11, 2), 2).map(({ day }) => day)).toEqual(["2026-12-01", "2026-12-02"]);
  });

  it("are added up by cause, over the providers; what a newer server knows is other", () => {
    const ofCause = (index: number) => Object.fromEntries(causeKeys.map((key, at) => [key, days[index]!.ofCauses[at]]).filter(([, many]) => many !== 0));

    expect([0, 1, 2].map(ofCause)).toEqual([{}, { roleLost: 5, other: 1 }, { tokenExpired: 6 }]);
    expect(totalsOf(days)).toEqual([6, 0, 5, 0, 0, 1]);
  });

  it("know the worst day; of several, the latest", () => {
    expect(worstOf(days)?.day).toBe("2026-12-01");
    expect(worstOf(days.slice(0, 2))?.day).toBe("2026-11-30");
    expect(worstOf([])).toBeUndefined();
  });
});

describe("the axis of the chart", () => {
  it.each([
    [1, [0, 1]],
    [3, [0, 1, 2, 3]],
    [4, [0, 1, 2, 3, 4]],
    [5, [0, 2, 4, 6]],
    [8, [0, 2, 4, 6, 8]],
    [9, [0, 5, 10]],
    [21, [0, 10, 20, 30]],
    [40, [0, 10, 20, 30, 40]],
    [41, [0, 20, 40, 60]],
    [999, [0, 500, 1_000]],
    [1_234_567, [0, 500_000, 1_000_000, 1_500_000]],
  ])("has whole steps up to at least %i", (maximum, ticks) => {
    expect(axisFor(maximum)).toEqual({ top: ticks.at(-1), ticks });
  });

  it("is not empty without losses", () => {
    expect(axisFor(0)).toEqual({ top: 1, ticks: [0, 1] });
  });

  it("never needs more than four steps, nor less than the maximum", () => {
    for (let maximum = 1; maximum < 3_000; maximum++) {
      const { top, ticks } = axisFor(maximum);
      expect(top).toBeGreaterThanOrEqual(maximum);
      expect(ticks.length).toBeLessThanOrEqual(5);
    }
  });
});

describe("a bar of the chart", () => {
  const bar = (...ofCauses: number[]) => stack({ day: "2026-11-29", ofCauses, total: 0 }, { top: 10, ticks: [] });

  it("stacks its parts without gaps", () => {
    expect(bar(5, 0, 2, 0, 0, 3)).toEqual([
      { key: "tokenExpired", from: 0, height: 0.5 },
      { key: "roleLost", from: 0.5, height: 0.2 },
      { key: "other", from: 0.7, height: 0.3 },
    ]);
  });

  it("has no part without losses", () => {
    expect(bar(0, 0, 0, 0, 0, 0)).toEqual([]);
  });
});

describe("figures", () => {
  it("are written as in the language", () => {
    expect([number("en", 1_234_567), number("vi", 1_234_567)]).toEqual(["1,234,567", "1.234.567"]);
  });

  it("name days in UTC wherever the browser is", () => {
    expect([dayOf("en", "2026-11-29"), dayOf("vi", "2026-11-29")]).toEqual(["Nov 29", "29/11"]);
  });
});
