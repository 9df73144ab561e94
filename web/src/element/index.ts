import { PagesElement } from "./PagesElement";

// The page may load the script twice.
if (!customElements.get("connectionstate-pages")) customElements.define("connectionstate-pages", PagesElement);
