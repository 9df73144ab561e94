import { type Page, Provider } from "@connectionstate/client";

/** The screen that a URL shows. */
export type Route =
  | { at: "start" }
  | { at: "fleet" }
  | { at: "pages"; merchant: string }
  | { at: "add"; merchant: string }
  | { at: "connect"; merchant: string; provider: Provider }
  | { at: "session"; merchant: string; session: string }
  | { at: "inbox"; merchant: string; page?: Page }
  | { at: "history"; merchant: string; page?: Page }
  | { at: "machine"; merchant: string; page?: Page }
  | { at: "desk"; merchant: string };

/** The merchant of a screen, or undefined if it is about none. */
export function merchantOf(route: Route): string | undefined {
  return "merchant" in route ? route.merchant : undefined;
}

/** The pattern of ids that the service accepts. */
export const idPattern = "[A-Za-z0-9._:\\-]{1,64}";
const id = new RegExp(`^${idPattern}$`);

export function isId(text: string): boolean {
  return id.test(text);
}

const providers: Record<string, Provider> = { facebook: Provider.FACEBOOK, zalo: Provider.ZALO };

export function nameOf(provider: Provider): "facebook" | "zalo" {
  return provider === Provider.ZALO ? "zalo" : "facebook";
}

export function parse(path: string): Route {
  const [root, merchant, at = "pages", first, second] = path.split("/").filter(Boolean).map(decode);
  if (root === "fleet") return { at: "fleet" };
  if (root !== "m" || !merchant || !isId(merchant)) return { at: "start" };
  const provider = first === undefined ? undefined : providers[first];
  const page = provider && second && isId(second) ? { provider, pageId: second } : undefined;
  switch (at) {
    case "connect":
      return provider ? { at, merchant, provider } : { at: "add", merchant };
    case "session":
      return first && isId(first) ? { at, merchant, session: first } : { at: "pages", merchant };
    case "inbox":
    case "history":
    case "machine":
      return { at, merchant, page };
    case "add":
    case "desk":
      return { at, merchant };
    default:
      return { at: "pages", merchant };
  }
}

export function format(route: Route): string {
  if (route.at === "start") return "/";
  if (route.at === "fleet") return "/fleet";
  const parts = ["m", route.merchant, route.at];
  if (route.at === "connect") parts.push(nameOf(route.provider));
  if (route.at === "session") parts.push(route.session);
  if ("page" in route && route.page) parts.push(nameOf(route.page.provider), route.page.pageId);
  return `/${parts.map(encodeURIComponent).join("/")}`;
}

// A typed URL may contain a malformed percent escape.
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
