import { language, now, text, view } from "../app";
import { failureText } from "../text/names";
import { relative } from "../text/time";

/** Says why the view is stale, and since when. */
export function StaleBanner() {
  const { failure, status, lastMessageAt } = view.value;
  if (status !== "stale") return null;
  const words = text.value.liveStatus;
  return (
    <p class="banner warn" role="note">
      {failure && !["UNREACHABLE", "UNEXPECTED"].includes(failure.reason) ? failureText(text.value, failure) : words.staleHint}
      {lastMessageAt !== undefined && ` ${words.lastUpdate(relative(language.value, lastMessageAt, now.value))}`}
    </p>
  );
}
