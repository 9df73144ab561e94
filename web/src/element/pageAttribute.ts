import { type Page, Provider } from "@connectionstate/client";
import { isId, nameOf } from "../state/routes";

/** Reads the attribute "page": facebook/1234 or zalo/5678. Returns undefined for anything else. */
export function parsePage(value: string | null): Page | undefined {
  const [provider, pageId, ...rest] = value?.split("/") ?? [];
  if ((provider !== "facebook" && provider !== "zalo") || !pageId || !isId(pageId) || rest.length > 0) return undefined;
  return { provider: provider === "zalo" ? Provider.ZALO : Provider.FACEBOOK, pageId };
}

export function formatPage({ provider, pageId }: Page): string {
  return `${nameOf(provider)}/${pageId}`;
}
