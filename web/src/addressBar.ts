import { route, showIn } from "./app";
import { format, parse } from "./state/routes";

/** Shows the screens of the console: each has an address, and the buttons of the browser lead back and forth. */
export function followAddressBar(): void {
  route.value = parse(location.pathname);
  addEventListener("popstate", () => (route.value = parse(location.pathname)));
  showIn({
    shows: () => true,
    addressOf: format,
    movesOnAfter: () => true,
    onNavigate(to, how) {
      const path = format(to);
      if (path !== location.pathname) history[how === "push" ? "pushState" : "replaceState"](null, "", path);
      return to;
    },
  });
}
