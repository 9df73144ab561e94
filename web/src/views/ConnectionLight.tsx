import { language, now, text, view } from "../app";
import { explain } from "../text/names";
import { relative } from "../text/time";

/** Says whether what is shown is true now. */
export function ConnectionLight() {
  const { light, heardAt, failure } = view.value;
  const words = text.value.light;
  const hint = words[`${light}Hint`];
  const heard = light === "stale" && heardAt !== undefined ? words.lastHeard(relative(language.value, heardAt, now.value)) : "";
  return (
    <span class={`light ${light}`} role="status" data-light={light} title={failure ? explain(text.value, failure) : hint}>
      <span class="lamp" aria-hidden="true" />
      {words[light]}
      {heard && <small aria-hidden="true">{heard}</small>}
    </span>
  );
}
