import type { Texts } from "../text";

/** An error that a provider may return, to fill in the form of the provider desk. */
export interface ErrorExample {
  readonly key: Exclude<keyof Texts["desk"]["examples"], "own">;
  readonly code: string;
  readonly subcode: string;
  readonly message: string;
}

// Hard, soft, and about one message: see docs/provider-errors.md.
export const errorExamples: readonly ErrorExample[] = [
  { key: "removed", code: "190", subcode: "458", message: "" },
  { key: "changed", code: "190", subcode: "460", message: "" },
  { key: "invalid", code: "190", subcode: "467", message: "" },
  { key: "blocked", code: "200", subcode: "", message: "API access blocked." },
  { key: "window", code: "10", subcode: "2018278", message: "" },
  { key: "missing", code: "100", subcode: "33", message: "" },
  { key: "zaloRemoved", code: "-219", subcode: "", message: "" },
  { key: "zaloInvalid", code: "-216", subcode: "", message: "" },
];
