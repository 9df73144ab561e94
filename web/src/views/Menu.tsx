import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { Icon } from "./Icon";

interface Props {
  readonly label: string;
  readonly children: ComponentChildren;
}

/** The actions of a row that are seldom needed. Closes when the focus leaves it, on Escape, and when an action was chosen. */
export function Menu({ label, children }: Props) {
  const details = useRef<HTMLDetailsElement>(null);

  function close() {
    if (details.current) details.current.open = false;
  }

  // A dialog that an action opens returns the focus to what had it. The action may open it before the click has bubbled up to the menu.
  function closeAndFocus() {
    details.current?.querySelector("summary")?.focus();
    close();
  }

  function closeOnEscape(event: KeyboardEvent) {
    if (event.key === "Escape" && details.current?.open) closeAndFocus();
  }

  return (
    <details ref={details} class="menu" onKeyDown={closeOnEscape} onFocusOut={(event) => details.current?.contains(event.relatedTarget as Node | null) || close()}>
      <summary class="button quiet square" aria-label={label} title={label}>
        <Icon name="more" />
      </summary>
      <div class="menu-items card" onClickCapture={closeAndFocus}>
        {children}
      </div>
    </details>
  );
}
