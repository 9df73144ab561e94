import { pageKey } from "./pages";
import type { Page } from "./routes";

/** What pages are called that have left the list: each is asked for once, and again only if it could not be asked for. */
export class Names {
  // Without a name: it is being asked for.
  private readonly names = new Map<string, string | undefined>();

  /** @param ask Answers with a page's name; fails when nobody can be asked. */
  constructor(
    private readonly ask: (page: Page) => Promise<string>,
    private readonly onLearned: () => void,
  ) {}

  nameOf(page: Page): string | undefined {
    return this.names.get(pageKey(page));
  }

  async learn(page: Page): Promise<void> {
    const key = pageKey(page);
    if (this.names.has(key)) return;
    this.names.set(key, undefined);
    try {
      this.names.set(key, await this.ask(page));
      this.onLearned();
    } catch {
      this.names.delete(key);
    }
  }
}
