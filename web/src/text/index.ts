import type { en } from "./en";

// The type of the texts in any language: the same keys and parameters as the English ones.
type Shape<T> = T extends (...args: infer A) => string
  ? (...args: A) => string
  : T extends string
    ? string
    : { readonly [K in keyof T]: Shape<T[K]> };

export type Texts = Shape<Omit<typeof en, "language">> & { readonly language: Language };
export type Language = "vi" | "en";

/** The first of the browser's languages that is supported; English if none is. */
export function preferredLanguage(languages: readonly string[]): Language {
  for (const language of languages) {
    const supported = language.toLowerCase().split("-")[0];
    if (supported === "vi" || supported === "en") return supported;
  }

  return "en";
}
