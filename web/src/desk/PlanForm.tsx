import { useEffect, useState } from "preact/hooks";
import { Plan, type Quota } from "@connectionstate/client";
import { text } from "../app";
import { setPlan } from "./deskActions";

/** Simulates billing (R9 to R11). */
export function PlanForm({ merchant, quota }: { readonly merchant: string; readonly quota?: Quota }) {
  const words = text.value.desk;
  const current = { plan: quota?.plan ?? Plan.STANDARD, bought: quota?.bought ?? 0 };
  const [plan, setSelectedPlan] = useState(current.plan);
  const [bought, setBought] = useState(current.bought);

  // Take over a plan that another tab has set, without remounting the form, which would lose the focus.
  useEffect(() => {
    setSelectedPlan(current.plan);
    setBought(current.bought);
  }, [current.plan, current.bought]);

  return (
    <form
      class="card stack"
      aria-label={words.plan}
      onSubmit={(event) => {
        event.preventDefault();
        void setPlan(merchant, plan, bought);
      }}
    >
      <h2>{words.plan}</h2>
      <label class="field">
        {words.planLabel}
        <select value={plan} onChange={(event) => setSelectedPlan(Number(event.currentTarget.value))}>
          <option value={Plan.STANDARD}>{text.value.pages.standard}</option>
          <option value={Plan.TRIAL}>{text.value.pages.trial}</option>
        </select>
      </label>
      <label class="field">
        {words.bought}
        <input type="number" min={0} max={10_000} value={bought} onInput={(event) => setBought(event.currentTarget.valueAsNumber || 0)} />
      </label>
      <button type="submit">{words.setPlan}</button>
    </form>
  );
}
