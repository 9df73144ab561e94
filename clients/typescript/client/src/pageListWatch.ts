import type { Environment } from "./environment.js";
import type { Change } from "./gen/connectionstate/v1/change_pb.js";
import { PageListWatcher, type OpenStream } from "./pageListWatcher.js";
import { pauseWhenHidden, type BrowserEvents } from "./pauseWhenHidden.js";
import { initialView, markStale, type PageListView } from "./view.js";

// A screen that is replaced by another one of the same merchant keeps the stream. In milliseconds.
const linger = 1_000;

/**
 * A merchant's page list, kept current while somebody uses it: as a store with `subscribe` and `getSnapshot`, or with `for await`. All users
 * share one stream, which begins with the first and ends a second after the last.
 */
export class PageListWatch implements AsyncIterable<PageListView> {
  private view = initialView;
  private users = 0;
  private running?: { readonly watcher: PageListWatcher; readonly stop: () => void };
  private cancelStop = () => {};
  private readonly listeners = new Set<() => void>();
  private readonly changeListeners = new Set<(changes: readonly Change[]) => void>();

  /** @internal */
  constructor(
    readonly merchantId: string,
    private readonly open: OpenStream,
    private readonly environment: Environment,
    private readonly events?: BrowserEvents,
  ) {}

  /** Returns what is known now. The same object until something changes. */
  readonly getSnapshot = (): PageListView => this.view;

  /** Calls back after each change of the snapshot. Returns a function that ends the subscription. */
  readonly subscribe = (listener: () => void): (() => void) => this.use(this.listeners, () => listener());

  /**
   * Calls back with what happened: who did what, and why. Changes that another tab's stream delivered before this tab joined it, or that a
   * snapshot skipped, are not reported; ListChanges has them.
   */
  onChanges(listener: (changes: readonly Change[]) => void): () => void {
    return this.use(this.changeListeners, (changes: readonly Change[]) => listener(changes));
  }

  /** Yields what is known now and after each change. A slow reader gets the newest view, not each one. Ends with `break` or `return`. */
  async *[Symbol.asyncIterator](): AsyncGenerator<PageListView, void, undefined> {
    let wake = () => {};
    const unsubscribe = this.subscribe(() => wake());
    try {
      for (let yielded: PageListView | undefined; ; ) {
        if (this.view === yielded) await new Promise<void>((resolve) => (wake = resolve));
        yielded = this.view;
        yield yielded;
      }
    } finally {
      unsubscribe();
    }
  }

  /** Reconnects at once instead of at the end of the back-off, for a button "try again". */
  reconnect(): void {
    this.running?.watcher.resume();
  }

  /** @internal Opens the next stream, with another token. */
  reopen(): void {
    this.running?.watcher.reopen();
  }

  /** @internal The token has ended: nothing is current any more. */
  closeStream(): void {
    this.running?.watcher.closeStream();
  }

  private use<T>(listeners: Set<T>, listener: T): () => void {
    listeners.add(listener);
    this.users++;
    this.cancelStop();
    this.running ??= this.start();
    return () => {
      if (!listeners.delete(listener) || --this.users > 0) return;
      this.cancelStop = this.environment.setTimer(linger, () => this.stop());
    };
  }

  private start() {
    const listener = {
      onView: (view: PageListView) => {
        this.view = view;
        this.listeners.forEach((notify) => notify());
      },
      onChanges: (changes: readonly Change[]) => this.changeListeners.forEach((notify) => notify(changes)),
    };
    const watcher = new PageListWatcher(this.open, this.environment, listener, this.view);
    const stopEvents = this.events ? pauseWhenHidden(this.events, watcher) : () => {};
    void watcher.run();
    return {
      watcher,
      stop: () => {
        stopEvents();
        watcher.stop();
      },
    };
  }

  private stop(): void {
    this.running?.stop();
    this.running = undefined;
    // The next user resumes with what is known.
    if (this.view.list) this.view = markStale(this.view);
  }
}
