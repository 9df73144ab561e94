import { ConnectSession_Step as Step } from "@connectionstate/client";
import { text } from "../app";

const order = [
  ["signIn", [Step.SIGN_IN, Step.PERMISSION]],
  ["choosePage", [Step.CHOOSE_PAGE]],
  ["consent", [Step.CONSENT]],
  ["connected", [Step.CONNECTED]],
] as const;

/** The steps of a connect session, with the current one marked. */
export function Steps({ at }: { readonly at: Step }) {
  const now = order.findIndex(([, steps]) => (steps as readonly Step[]).includes(at));
  return (
    <ol class="steps" aria-label={text.value.add.steps}>
      {order.map(([name], index) => (
        <li key={name} class={index < now ? "done" : ""} aria-current={index === now ? "step" : undefined}>
          {at === Step.PERMISSION && index === now ? text.value.step.permission : text.value.step[name]}
        </li>
      ))}
    </ol>
  );
}
