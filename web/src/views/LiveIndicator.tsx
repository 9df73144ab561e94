import { language, now, text, view } from "../app";
import { failureText } from "../text/names";
import { relative } from "../text/time";

/** Shows whether the view is live, stale or connecting. */
export function LiveIndicator() {
  const { status, lastMessageAt, failure } = view.value;
  const words = text.value.liveStatus;
  const hint = words[`${status}Hint`];
  const lastUpdate = status === "stale" && lastMessageAt !== undefined ? words.lastUpdate(relative(language.value, lastMessageAt, now.value)) : "";
  return (
    <span class={`light ${status}`} role="status" data-light={status} title={failure ? failureText(text.value, failure) : hint}>
      <span class="lamp" aria-hidden="true" />
      {words[status]}
      {lastUpdate && <small aria-hidden="true">{lastUpdate}</small>}
    </span>
  );
}
