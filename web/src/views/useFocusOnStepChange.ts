import { useEffect, useRef } from "preact/hooks";
import { rootOf } from "./rootOf";

/** Focuses the heading when the step changes: the element that had the focus is gone, and screen readers would not announce the new step. */
export function useFocusOnStepChange(step: unknown) {
  const heading = useRef<HTMLHeadingElement>(null);
  const previous = useRef(step);
  useEffect(() => {
    if (previous.current !== step && heading.current && !rootOf(heading.current).querySelector("dialog[open]")) heading.current.focus();
    previous.current = step;
  }, [step]);
  return heading;
}
