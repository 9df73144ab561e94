import type { Failure } from "../api/failure";
import type { WatchPageListResponse } from "../api/gen/connectionstate/v1/watch_service_pb";
import { drawWait } from "./backoff";
import { hear, intervalOf, lose, unknown, type View } from "./view";
import { Watchdog } from "./watchdog";

/** What the watch needs of the world; tests bring their own. */
export interface World {
  open(token: string | undefined, signal: AbortSignal): AsyncIterable<WatchPageListResponse>;
  /** Milliseconds of a clock that goes on while the machine sleeps. */
  now(): number;
  random(): number;
  /** Calls back later; answers with what takes that back. */
  after(milliseconds: number, then: () => void): () => void;
  explain(error: unknown): Failure;
}

/** Watches one merchant's page list until it is stopped: resumes, waits longer each time it fails, and says what it does not know. */
export class Watch {
  private view: View = unknown;
  private readonly ended = new AbortController();
  private stream = new AbortController();
  private watchdog?: Watchdog;
  private interval?: number;
  private hurry?: () => void;
  private paused = false;

  constructor(
    private readonly world: World,
    private readonly show: (view: View) => void,
  ) {}

  async run(): Promise<void> {
    for (let attempt = 1; !this.ended.signal.aborted; attempt++) {
      if (await this.follow()) attempt = 1;
      if (!this.ended.signal.aborted) await this.wait(attempt);
    }
  }

  stop(): void {
    this.ended.abort();
    this.stream.abort();
    this.hurry?.();
  }

  /** Looks at the clock now: timers stand still while a tab sleeps. */
  check(): void {
    if (this.watchdog?.isSilent(this.world.now())) this.cut();
  }

  /** The network is known to be gone. */
  cut(): void {
    this.tell(lose(this.view));
    this.stream.abort();
  }

  /** Lets go of the stream, for a tab that nobody sees. */
  pause(): void {
    this.paused = true;
    this.cut();
  }

  /** The network is back, or somebody looks: try at once. */
  wake(): void {
    this.paused = false;
    this.check();
    this.hurry?.();
  }

  // One stream from its beginning to its end; true if it said something.
  private async follow(): Promise<boolean> {
    this.stream = new AbortController();
    const { signal } = this.stream;
    const watchdog = (this.watchdog = new Watchdog(this.world.now(), this.interval));
    let cancel = this.guard(watchdog);
    let spoke = false;
    let failure: Failure | undefined;
    try {
      for await (const message of this.world.open(this.view.token, signal)) {
        if (signal.aborted) break;
        spoke = true;
        watchdog.heard(this.world.now(), intervalOf(message));
        this.interval = watchdog.interval;
        cancel();
        cancel = this.guard(watchdog);
        this.tell(hear(this.view, message, this.world.now()));
      }
    } catch (error) {
      // What this watch has cut itself needs no explanation.
      if (!signal.aborted) failure = this.world.explain(error);
    } finally {
      cancel();
      this.watchdog = undefined;
    }

    // A stream that said something and ended well has lived its life; the next one goes on, and nobody needs to know.
    if (failure || !spoke) this.tell(lose(this.view, failure));
    return spoke;
  }

  private guard(watchdog: Watchdog): () => void {
    return this.world.after(Math.max(0, watchdog.deadline - this.world.now()), () => this.check());
  }

  private async wait(attempt: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.paused ? () => {} : this.world.after(drawWait(attempt, this.world.random()), resolve);
      this.hurry = () => {
        cancel();
        resolve();
      };
    });
    this.hurry = undefined;
  }

  private tell(view: View): void {
    if (this.ended.signal.aborted) return;
    this.view = view;
    this.show(view);
  }
}
