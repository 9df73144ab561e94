import { language, text } from "../app";
import { milliseconds } from "../text/time";
import { Loading } from "../views/Loading";
import { fleetClient } from "./clients";
import { dayOf, number } from "./format";
import { type Axis, axisFor, causeKeys, causeName, type LossDay, stack, toDays, totalsOf, worstOf } from "./losses";
import { AsOf, StaleNotice } from "./notices";
import { useRefreshed } from "./useRefreshed";

const shownDays = 30;
// Milliseconds.
const lossInterval = 30_000;

/** How many pages were lost on each of the last days, and why. */
export function LossChart() {
  const words = text.value.fleet;
  const { data, failure } = useRefreshed((signal) => fleetClient.countLosses({ days: shownDays }, { signal }), lossInterval);
  const asOf = milliseconds(data?.asOf);
  return (
    <section class="card fleet-part" aria-labelledby="fleet-losses">
      <div class="fleet-heading">
        <h2 id="fleet-losses">{words.losses}</h2>
        {asOf !== undefined && <AsOf at={asOf} />}
      </div>
      <StaleNotice failure={failure} asOf={asOf} />
      {data && asOf !== undefined && <Losses days={toDays(data.counts, asOf, shownDays)} />}
      {!data && !failure && <Loading />}
    </section>
  );
}

function Losses({ days }: { readonly days: readonly LossDay[] }) {
  const words = text.value.fleet;
  const total = days.reduce((sum, day) => sum + day.total, 0);
  const worst = worstOf(days);
  if (total === 0 || !worst) return <p>{words.noLosses(days.length)}</p>;
  const count = (value: number) => number(language.value, value);
  const summary = words.lossSummary(count(total), days.length, dayOf(language.value, worst.day), count(worst.total));
  const totals = totalsOf(days);
  return (
    <figure class="losses">
      <figcaption>{summary}</figcaption>
      <Legend totals={totals} />
      <Bars days={days} label={summary} />
      <details>
        <summary>{words.asTable}</summary>
        <LossTable days={days} totals={totals} />
      </details>
    </figure>
  );
}

function Legend({ totals }: { readonly totals: readonly number[] }) {
  return (
    <ul class="legend">
      {causeKeys.map(
        (key, index) =>
          totals[index]! > 0 && (
            <li key={key}>
              <svg class="swatch" aria-hidden="true">
                <rect class={key} width="100%" height="100%" rx="3" />
              </svg>
              {causeName(text.value, key)} <b>{number(language.value, totals[index]!)}</b>
            </li>
          ),
      )}
    </ul>
  );
}

const percent = (share: number) => `${(share * 100).toFixed(3)}%`;

// Without a view box, so that bars grow with the width and texts do not: all places are shares of the width and the height.
function Bars({ days, label }: { readonly days: readonly LossDay[]; readonly label: string }) {
  const axis = axisFor(Math.max(...days.map(({ total }) => total)));
  return (
    <svg class="chart" role="img" aria-label={label}>
      <Lines axis={axis} />
      {days.map((day, index) => (
        <Bar key={day.day} day={day} index={index} count={days.length} axis={axis} />
      ))}
    </svg>
  );
}

function Lines({ axis }: { readonly axis: Axis }) {
  return (
    <>
      {axis.ticks.map((tick) => {
        const y = percent(1 - tick / axis.top);
        return (
          <g key={tick} class="tick">
            <line x1="0" x2="100%" y1={y} y2={y} />
            <text x="-8" y={y} dy="0.35em">
              {number(language.value, tick)}
            </text>
          </g>
        );
      })}
    </>
  );
}

const daysOfWeek = 7;

interface BarProps {
  readonly day: LossDay;
  readonly index: number;
  readonly count: number;
  readonly axis: Axis;
}

// Every seventh day is named, counted back from today.
function Bar({ day, index, count, axis }: BarProps) {
  const isNamed = (count - 1 - index) % daysOfWeek === 0;
  const name = dayOf(language.value, day.day);
  return (
    <g class="day">
      <title>{text.value.fleet.ofDay(name, number(language.value, day.total))}</title>
      <rect class="whole" x={percent(index / count)} y="0" width={percent(1 / count)} height="100%" />
      {stack(day, axis).map(({ key, from, height }) => (
        <rect key={key} class={key} x={percent((index + 0.15) / count)} width={percent(0.7 / count)} y={percent(1 - from - height)} height={percent(height)} />
      ))}
      {isNamed && (
        <text x={percent((index + 0.5) / count)} y="100%" dy="1.5em">
          {name}
        </text>
      )}
    </g>
  );
}

function LossTable({ days, totals }: { readonly days: readonly LossDay[]; readonly totals: readonly number[] }) {
  const words = text.value.fleet;
  const shown = causeKeys.map((key, index) => ({ key, index })).filter(({ index }) => totals[index]! > 0);
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={words.losses}>
      <table class="figures">
        <caption class="visually-hidden">{words.losses}</caption>
        <thead>
          <tr>
            <th scope="col">{words.day}</th>
            {shown.map(({ key }) => (
              <th key={key} scope="col">
                {causeName(text.value, key)}
              </th>
            ))}
            <th scope="col">{words.total}</th>
          </tr>
        </thead>
        <tbody>
          {[...days].reverse().map(({ day, ofCauses, total }) => (
            <tr key={day}>
              <th scope="row">{dayOf(language.value, day)}</th>
              {shown.map(({ key, index }) => (
                <td key={key} class={ofCauses[index] === 0 ? "none" : undefined}>
                  {number(language.value, ofCauses[index]!)}
                </td>
              ))}
              <td class={total === 0 ? "none" : undefined}>{number(language.value, total)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
