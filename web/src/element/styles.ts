import css from "./element.css?inline";

let sheet: CSSStyleSheet | undefined;

/** Returns the styles of all elements. A constructed style sheet works under a strict Content-Security-Policy, which a style element does not. */
export function styles(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
  }
  return sheet;
}
