import type { ComponentChildren } from "preact";
import { useLayoutEffect, useId, useRef } from "preact/hooks";

interface Props {
  readonly title: string;
  readonly alert?: boolean;
  /** Called when the dialog is left with Escape; without it, it is not left so. */
  readonly onLeave?: () => void;
  readonly children: ComponentChildren;
}

/** A modal dialog. The browser's own: it keeps the focus inside, and gives it back. */
export function Dialog({ title, alert, onLeave, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();

  // In step with the page: a dialog that is no longer in it cannot give the focus back.
  useLayoutEffect(() => {
    const opened = dialog.current!;
    opened.showModal();
    opened.querySelector<HTMLElement>("[data-first]")?.focus();
    return () => opened.close();
  }, []);

  function cancel(event: Event) {
    event.preventDefault();
    onLeave?.();
  }

  return (
    <dialog ref={dialog} class="dialog" role={alert ? "alertdialog" : undefined} aria-labelledby={`${id}-title`} aria-describedby={`${id}-text`} onCancel={cancel}>
      <h2 id={`${id}-title`}>{title}</h2>
      <div id={`${id}-text`} class="dialog-text">
        {children}
      </div>
    </dialog>
  );
}
