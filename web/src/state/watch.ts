import type { Failure } from "../api/failure";
import type { WatchPageListResponse } from "../api/gen/connectionstate/v1/watch_service_pb";
import { drawWait } from "./backoff";
import { hear, intervalOf, lose, unknown, type View } from "./view";
import { Watchdog } from "./watchdog";

/** What the watch needs of the world; tests bring their own. */
export interface World {
  open(token: string | undefined, signal: AbortSignal): AsyncIterable<WatchPageListResponse>;
  /** The time of day, in milliseconds. */
  now(): number;
  /** Milliseconds of a clock that never goes back, and goes on while the machine sleeps. */
  clock(): number;
  random(): number;
  /** Calls back later; answers with what takes that back. */
  after(milliseconds: number, then: () => void): () => void;
  explain(error: unknown): Failure;
}

// Timers stand still while the machine sleeps: whether a stream is silent is looked at again and again, in milliseconds.
const glance = 1_000;

/** Watches one merchant's page list until it is stopped: resumes, waits longer each time it fails, and says what it does not know. */
export class Watch {
  private view: View = unknown;
  private readonly ended = new AbortController();
  private stream = new AbortController();
  private watchdog?: Watchdog;
  private interval?: number;
  private heardAt = 0;
  private attempt = 1;
  private hurry?: () => void;
  private paused = false;

  constructor(
    private readonly world: World,
    private readonly show: (view: View) => void,
  ) {}

  async run(): Promise<void> {
    while (!this.ended.signal.aborted) {
      if (await this.follow()) this.attempt = 1;
      await this.rest(drawWait(this.attempt++, this.world.random()));
      while (this.paused && !this.ended.signal.aborted) await this.rest();
    }
  }

  stop(): void {
    this.ended.abort();
    this.stream.abort();
    this.hurry?.();
  }

  /** Looks at the clock now. */
  check(): void {
    if (this.watchdog?.isSilent(this.world.clock())) this.cut();
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
    this.attempt = 1;
    this.check();
    this.hurry?.();
  }

  // One stream from its beginning to its end; true if it said something.
  private async follow(): Promise<boolean> {
    this.stream = new AbortController();
    const { signal } = this.stream;
    // What is called live was heard of within the watchdog's time, over the end of a stream too.
    const since = this.view.light === "live" ? this.heardAt : this.world.clock();
    const watchdog = (this.watchdog = new Watchdog(since, this.interval));
    const cancel = this.guard(watchdog);
    let spoke = false;
    let failure: Failure | undefined;
    try {
      for await (const message of this.world.open(this.view.token, signal)) {
        if (signal.aborted) break;
        spoke = true;
        this.heardAt = this.world.clock();
        watchdog.heard(this.heardAt, intervalOf(message));
        this.interval = watchdog.interval;
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
    let cancel = () => {};
    const look = () => {
      const left = watchdog.deadline - this.world.clock();
      cancel = this.world.after(Math.min(Math.max(0, left), glance), () => (watchdog.isSilent(this.world.clock()) ? this.cut() : look()));
    };
    look();
    return () => cancel();
  }

  // Until the time is over, if one is given, or somebody wants it at once.
  private async rest(milliseconds?: number): Promise<void> {
    if (this.ended.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const cancel = milliseconds === undefined ? () => {} : this.world.after(milliseconds, resolve);
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
