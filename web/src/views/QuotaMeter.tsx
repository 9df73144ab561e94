import { Plan, type Quota } from "@connectionstate/client";
import { text } from "../app";
import { effectiveBoughtPages } from "../state/pages";
import { milliseconds } from "../text/time";
import { RelativeTime } from "./parts";

export function QuotaMeter({ quota }: { readonly quota: Quota }) {
  const words = text.value.pages;
  const ends = milliseconds(quota.trialEndsAt);
  const label = words.used(quota.used, quota.limit);
  const bought = effectiveBoughtPages(quota);
  return (
    <section class="card quota" aria-label={label}>
      <div class="quota-words">
        <b>{label}</b>
        <span class="hint">
          {quota.plan === Plan.TRIAL ? words.trial : words.standard}
          {bought > 0 && `, ${words.bought(bought)}`}
          {ends !== undefined && (
            <>
              {", "}
              <RelativeTime at={ends} text={words.trialEnds} pastText={words.trialEnded} />
            </>
          )}
        </span>
      </div>
      <progress class={quota.overLimit ? "over" : ""} max={Math.max(quota.limit, 1)} value={Math.min(quota.used, quota.limit)} aria-label={label} />
    </section>
  );
}
