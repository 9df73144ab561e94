import type { ComponentChildren } from "preact";
import { navigate } from "../app";
import { format, type Route } from "../state/routes";

interface Props {
  readonly to: Route;
  readonly current?: boolean;
  readonly class?: string;
  readonly title?: string;
  readonly "aria-label"?: string;
  readonly children?: ComponentChildren;
}

/** A link to a screen of the console: a real URL, opened without reloading the document. */
export function Link({ to, current, children, ...rest }: Props) {
  function handleClick(event: MouseEvent) {
    // Leave clicks that open a new tab or window to the browser.
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
  }

  return (
    <a href={format(to)} onClick={handleClick} aria-current={current ? "page" : undefined} {...rest}>
      {children}
    </a>
  );
}
