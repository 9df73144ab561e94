import type { ComponentChildren } from "preact";
import { useLayoutEffect, useId, useRef } from "preact/hooks";

interface Props {
  readonly title: string;
  readonly alert?: boolean;
  /** Called when the dialog was left with Escape; without it, it is not left so. */
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
    open(opened);
    return () => opened.close();
  }, []);

  // A browser that does not know closedby closes at Escape: some the first time, some the second, whatever is answered to the first.
  function closed() {
    if (!dialog.current) return;
    if (onLeave) onLeave();
    else open(dialog.current);
  }

  return (
    <dialog ref={dialog} class="dialog" role={alert ? "alertdialog" : undefined} aria-labelledby={`${id}-title`} aria-describedby={`${id}-text`} closedby={onLeave ? "closerequest" : "none"} onClose={closed}>
      <h2 id={`${id}-title`}>{title}</h2>
      <div id={`${id}-text`} class="dialog-text">
        {children}
      </div>
    </dialog>
  );
}

function open(dialog: HTMLDialogElement) {
  dialog.showModal();
  dialog.querySelector<HTMLElement>("[data-first]")?.focus();
}
