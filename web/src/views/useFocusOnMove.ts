import { useEffect, useRef } from "preact/hooks";

/** Gives a heading the focus when what is below it has moved on: where the focus was is gone by then, and nobody would be told. */
export function useFocusOnMove(step: unknown) {
  const heading = useRef<HTMLHeadingElement>(null);
  const before = useRef(step);
  useEffect(() => {
    if (before.current !== step && !document.querySelector("dialog[open]")) heading.current?.focus();
    before.current = step;
  }, [step]);
  return heading;
}
