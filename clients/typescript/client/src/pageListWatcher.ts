import { backoffDelay } from "./backoff.js";
import type { Environment } from "./environment.js";
import { toFailure, type Failure } from "./failure.js";
import type { Change } from "./gen/connectionstate/v1/change_pb.js";
import type { WatchPageListResponse } from "./gen/connectionstate/v1/watch_service_pb.js";
import { applyMessage, checkpointIntervalOf, initialView, isRepeat, markStale, type PageListView } from "./view.js";
import { Watchdog } from "./watchdog.js";

/** Opens a stream. It ends by itself, fails, or is aborted. */
export type OpenStream = (resumeToken: string | undefined, signal: AbortSignal) => AsyncIterable<WatchPageListResponse>;

/** Receives what a watcher learns. */
export interface WatcherListener {
  onView(view: PageListView): void;
  onChanges(changes: readonly Change[]): void;
}

// Timers do not run while the machine sleeps, so the watchdog is polled. In milliseconds.
const pollInterval = 1_000;
// The longest wait that the service can ask for. In milliseconds.
const maxRetryAfter = 60_000;

/** Watches one merchant's page list until it is stopped. Resumes lost streams with exponential back-off and reports when the view is stale. */
export class PageListWatcher {
    private readonly stopped = new AbortController();
  private stream = new AbortController();
  private watchdog?: Watchdog;
  private checkpointInterval?: number;
  private lastMessageAt = 0;
  private attempt = 1;
  private skipWait?: () => void;
  private paused = false;
  private reopening = false;

  constructor(
    private readonly open: OpenStream,
    private readonly environment: Environment,
    private readonly listener: WatcherListener,
    private view: PageListView = initialView,
  ) {}

  async run(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      if (await this.readStream()) this.attempt = 1;
      const delay = backoffDelay(this.attempt++, this.environment.random());
      await this.wait(Math.max(delay, Math.min(this.view.failure?.retryAfter ?? 0, maxRetryAfter)));
      while (this.paused && !this.stopped.signal.aborted) await this.wait();
    }
  }

  stop(): void {
    this.stopped.abort();
    this.stream.abort();
    this.skipWait?.();
  }

  /** Closes the stream and marks the view stale. Call it when the browser reports that the network is gone. */
  closeStream(): void {
    this.setView(markStale(this.view));
    this.stream.abort();
  }

  /** Closes the stream and opens the next one, as calls now have another token. The view stays live. */
  reopen(): void {
    this.reopening = true;
    this.attempt = 1;
    this.stream.abort();
    if (!this.paused) this.skipWait?.();
  }

  /** Closes the stream and opens no other until `resume` is called. */
  pause(): void {
    this.paused = true;
    this.closeStream();
  }

  /** Ends a pause or a back-off: reconnects at once if there is no open stream, or if the open one is silent. */
  resume(): void {
    this.paused = false;
    this.attempt = 1;
    if (this.watchdog?.isSilent(this.environment.monotonicNow())) this.closeStream();
    this.skipWait?.();
  }

  /** Reads one stream to its end. Returns whether it delivered a message. */
  private async readStream(): Promise<boolean> {
    this.stream = new AbortController();
    this.reopening = false;
    const { signal } = this.stream;
    // While the view is live, the watchdog counts from the last message, even if that came on an earlier stream.
    const since = this.view.status === "live" ? this.lastMessageAt : this.environment.monotonicNow();
    const watchdog = (this.watchdog = new Watchdog(since, this.checkpointInterval));
    const cancelWatchdog = this.startWatchdog(watchdog);
    let received = false;
    let failure: Failure | undefined;
    try {
      for await (const message of this.open(this.view.resumeToken, signal)) {
        if (signal.aborted) break;
        received = true;
        this.lastMessageAt = this.environment.monotonicNow();
        watchdog.messageReceived(this.lastMessageAt, checkpointIntervalOf(message));
        this.checkpointInterval = watchdog.checkpointInterval;
        const previous = this.view;
        this.setView(applyMessage(previous, message, this.environment.now()));
        if (message.kind.case === "changes" && !isRepeat(previous, message)) this.listener.onChanges(message.kind.value.changes);
      }
    } catch (error) {
      // An abort by this watcher is not a failure.
      if (!signal.aborted) failure = toFailure(error);
    } finally {
      cancelWatchdog();
      this.watchdog = undefined;
    }

    // The server ends streams that reached their lifetime. The view stays live until the watchdog fires.
    if (failure || !(received || this.reopening)) this.setView(markStale(this.view, failure));
    return received;
  }

  private startWatchdog(watchdog: Watchdog): () => void {
    let cancel = () => {};
    const schedule = () => {
      const left = watchdog.deadline - this.environment.monotonicNow();
      cancel = this.environment.setTimer(Math.min(Math.max(0, left), pollInterval), () =>
        watchdog.isSilent(this.environment.monotonicNow()) ? this.closeStream() : schedule(),
      );
    };
    schedule();
    return () => cancel();
  }

  /** Waits for the given time, or without a limit, until `skipWait` is called. */
  private async wait(milliseconds?: number): Promise<void> {
    if (this.stopped.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const cancel = milliseconds === undefined ? () => {} : this.environment.setTimer(milliseconds, resolve);
      this.skipWait = () => {
        cancel();
        resolve();
      };
    });
    this.skipWait = undefined;
  }

  private setView(view: PageListView): void {
    if (this.stopped.signal.aborted) return;
    this.view = view;
    this.listener.onView(view);
  }
}
