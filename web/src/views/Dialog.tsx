import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { notices } from "../app";

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
    return () => {
      opened.close();
      // What had the focus before may go with the dialog.
      queueMicrotask(() => document.activeElement === document.body && document.getElementById("main")?.focus({ preventScroll: true }));
    };
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
      <Trouble />
    </dialog>
  );
}

// What has gone wrong since the dialog opened. Around a modal dialog nothing is read, and hardly anything seen.
function Trouble() {
  const [before] = useState(() => notices.peek().at(-1)?.id ?? 0);
  const trouble = notices.value.findLast(({ id, tone }) => tone === "bad" && id > before);
  return (
    <div class="dialog-trouble" role="alert">
      {trouble && (
        <p key={trouble.id} class="banner bad">
          {trouble.text}
        </p>
      )}
    </div>
  );
}

function open(dialog: HTMLDialogElement) {
  dialog.showModal();
  dialog.querySelector<HTMLElement>("[data-first]")?.focus();
}
