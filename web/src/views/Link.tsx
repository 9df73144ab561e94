import type { ComponentChildren } from "preact";
import { go } from "../app";
import { format, type Route } from "../state/routes";

interface Props {
  readonly to: Route;
  readonly current?: boolean;
  readonly class?: string;
  readonly title?: string;
  readonly "aria-label"?: string;
  readonly children?: ComponentChildren;
}

/** A link within the console: a real address, opened without loading the page anew. */
export function Link({ to, current, children, ...rest }: Props) {
  function open(event: MouseEvent) {
    // The browser's own ways to open a link elsewhere stay.
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  }

  return (
    <a href={format(to)} onClick={open} aria-current={current ? "page" : undefined} {...rest}>
      {children}
    </a>
  );
}
