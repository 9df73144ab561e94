import { text, view } from "../app";
import { failureText } from "../text/names";

/** Shows whether the view is live, stale or connecting. */
export function LiveIndicator() {
  const { status, failure } = view.value;
  const words = text.value.liveStatus;
  const hint = words[`${status}Hint`];
  return (
    <span class={`light ${status}`} role="status" data-light={status} title={failure ? failureText(text.value, failure) : hint}>
      <span class="lamp" aria-hidden="true" />
      {words[status]}
    </span>
  );
}
