import type { ComponentChildren } from "preact";
import { addressOf, isShownHere, navigate } from "../app";
import type { Route } from "../state/routes";

interface Props {
  readonly to: Route;
  readonly current?: boolean;
  readonly class?: string;
  readonly title?: string;
  readonly "aria-label"?: string;
  readonly children?: ComponentChildren;
}

/**
 * A link to a screen: in the console a real URL, opened without reloading the document; a button where screens have no address. Renders nothing
 * where the screen is not shown.
 */
export function Link({ to, current, children, ...rest }: Props) {
  function handleClick(event: MouseEvent) {
    // Leave clicks that open a new tab or window to the browser.
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
  }

  if (!isShownHere(to)) return null;
  const address = addressOf(to);
  const shared = { ...rest, "aria-current": current ? ("page" as const) : undefined };
  if (address === undefined) {
    return (
      <button type="button" {...shared} class={shared.class ?? "link"} onClick={() => navigate(to)}>
        {children}
      </button>
    );
  }
  return (
    <a href={address} onClick={handleClick} {...shared}>
      {children}
    </a>
  );
}
