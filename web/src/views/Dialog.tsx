import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { notices } from "../app";
import { rootOf } from "./rootOf";

interface Props {
  readonly title: string;
  readonly alert?: boolean;
  /** Called when the dialog was closed with Escape. Without it, Escape does not close the dialog. */
  readonly onClose?: () => void;
  readonly children: ComponentChildren;
}

/** A modal dialog. The native element traps the focus and restores it on closing. */
export function Dialog({ title, alert, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();

  // A layout effect, because a dialog that was removed from the document cannot restore the focus.
  useLayoutEffect(() => {
    const opened = dialog.current!;
    open(opened);
    const root = rootOf(opened);
    return () => {
      opened.close();
      // The element that had the focus before may be gone too.
      queueMicrotask(() => document.activeElement === document.body && root.getElementById("main")?.focus({ preventScroll: true }));
    };
  }, []);

  // Browsers without `closedby` close the dialog on the first or the second Escape, even if the cancel event is prevented.
  function handleClose() {
    if (!dialog.current) return;
    if (onClose) onClose();
    else open(dialog.current);
  }

  return (
    <dialog ref={dialog} class="dialog" role={alert ? "alertdialog" : undefined} aria-labelledby={`${id}-title`} aria-describedby={`${id}-text`} closedby={onClose ? "closerequest" : "none"} onClose={handleClose}>
      <h2 id={`${id}-title`}>{title}</h2>
      <div id={`${id}-text`} class="dialog-text">
        {children}
      </div>
      <DialogError />
    </dialog>
  );
}

// Shows the newest error since the dialog opened. Screen readers ignore notices outside a modal dialog.
function DialogError() {
  const [lastIdBefore] = useState(() => notices.peek().at(-1)?.id ?? 0);
  const error = notices.value.findLast(({ id, tone }) => tone === "bad" && id > lastIdBefore);
  return (
    <div class="dialog-trouble" role="alert">
      {error && (
        <p key={error.id} class="banner bad">
          {error.text}
        </p>
      )}
    </div>
  );
}

function open(dialog: HTMLDialogElement) {
  dialog.showModal();
  dialog.querySelector<HTMLElement>("[data-first]")?.focus();
}
