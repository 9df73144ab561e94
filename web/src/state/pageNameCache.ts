import { type Page, pageKey } from "@connectionstate/client";

/** Names of pages that are no longer in the list. Each name is fetched once; a failed fetch may be repeated. */
export class PageNameCache {
  // An undefined value marks a fetch in flight.
  private readonly names = new Map<string, string | undefined>();

  /** @param fetchName Resolves to the page's name; rejects if the server cannot be reached. */
  constructor(
    private readonly fetchName: (page: Page) => Promise<string>,
    private readonly onLoaded: () => void,
  ) {}

  get(page: Page): string | undefined {
    return this.names.get(pageKey(page));
  }

  async load(page: Page): Promise<void> {
    const key = pageKey(page);
    if (this.names.has(key)) return;
    this.names.set(key, undefined);
    try {
      this.names.set(key, await this.fetchName(page));
      this.onLoaded();
    } catch {
      this.names.delete(key);
    }
  }
}
