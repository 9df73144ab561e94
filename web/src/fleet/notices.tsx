import type { Failure } from "@connectionstate/client";
import { language, text } from "../app";
import { failureText } from "../text/names";
import { exact } from "../text/time";

/** Whether the caller may not call FleetService: the scope is missing, or the sign-in is for some merchants only. */
export function isDenied({ reason }: Failure): boolean {
  return reason === "SCOPE_MISSING" || reason === "MERCHANT_NOT_ALLOWED";
}

/** Says that figures could not be refreshed, why, and how old they are. */
export function StaleNotice({ failure, asOf }: { readonly failure: Failure | undefined; readonly asOf: number | undefined }) {
  const words = text.value.fleet;
  if (!failure) return null;
  return (
    <p class="banner warn" role="status">
      <span>
        {failureText(text.value, failure)} {asOf !== undefined && words.stale(exact(language.value, asOf))}
      </span>
    </p>
  );
}

/** When figures were read, by the clock of the store. */
export function AsOf({ at }: { readonly at: number }) {
  return (
    <p class="hint">
      <time dateTime={new Date(at).toISOString()}>{text.value.fleet.asOf(exact(language.value, at))}</time>
    </p>
  );
}
