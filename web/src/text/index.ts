import type { en } from "./en";

// The shape of the texts: the same keys, any words, the same parameters.
type Shape<T> = T extends (...args: infer A) => string
  ? (...args: A) => string
  : T extends string
    ? string
    : { readonly [K in keyof T]: Shape<T[K]> };

export type Texts = Shape<Omit<typeof en, "language">> & { readonly language: Language };
export type Language = "vi" | "en";

/** The language of a browser's preferences: Vietnamese where it is preferred to English, otherwise English. */
export function preferred(languages: readonly string[]): Language {
  for (const language of languages) {
    const known = language.toLowerCase().split("-")[0];
    if (known === "vi" || known === "en") return known;
  }

  return "en";
}
