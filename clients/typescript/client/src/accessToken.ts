import { browserEnvironment, type Environment } from "./environment.js";

// The share of its lifetime after which the next token is due.
const renewalShare = 0.8;
// How often the next token is asked for while none arrives. In milliseconds.
const retryInterval = 5_000;
// Timers do not run while the machine sleeps, so the end of the token is polled. In milliseconds.
const pollInterval = 1_000;

/** The token that authenticates the calls of this tab. Kept in memory only: a reload forgets it. */
export class AccessToken {
  /** Called when the next token is due, and every five seconds until it is there. */
  onDue: () => void = () => {};
  /** Called when there is another token. */
  onChange: () => void = () => {};
  /** Called when the token has ended and no other is there. */
  onEnd: () => void = () => {};

  private value?: string;
  private dueAt = Infinity;
  private endsAt = Infinity;
  private ended = false;
  private refused = false;
  private lastRefusalAt = -Infinity;
  private cancelTimer = () => {};

  constructor(private readonly environment: Pick<Environment, "now" | "monotonicNow" | "setTimer"> = browserEnvironment()) {}

  /** The token, or undefined if the tab has none. */
  get current(): string | undefined {
    return this.value;
  }

  get hasEnded(): boolean {
    return this.environment.monotonicNow() >= this.endsAt;
  }

  /** Whether the tab is signed in: it has a token that has not ended and that the service has not refused. */
  get isUsable(): boolean {
    return this.value !== undefined && !this.hasEnded && !this.refused;
  }

  /**
   * Sets the token of the tab.
   * @param expiresAt When it expires, in milliseconds since the epoch; undefined if that is not known, so that only the server decides.
   */
  set(value: string, expiresAt?: number): void {
    // An expiry in the past tells of a wrong clock rather than of the token.
    const lifetime = expiresAt !== undefined && expiresAt > this.environment.now() ? expiresAt - this.environment.now() : Infinity;
    const now = this.environment.monotonicNow();
    const isAnother = value !== this.value;
    this.value = value;
    this.ended = false;
    this.refused = false;
    this.dueAt = now + renewalShare * lifetime;
    this.endsAt = now + lifetime;
    this.schedule();
    if (isAnother) this.onChange();
  }

  /** Reports that the server refused the token. The next one is due at once, but not more often than every five seconds. */
  refuse(): void {
    this.refused = true;
    const now = this.environment.monotonicNow();
    if (now - this.lastRefusalAt < retryInterval) return;
    this.lastRefusalAt = now;
    this.onDue();
  }

  private schedule(): void {
    this.cancelTimer();
    if (this.endsAt === Infinity) return;
    const left = Math.min(this.dueAt, this.ended ? Infinity : this.endsAt) - this.environment.monotonicNow();
    this.cancelTimer = this.environment.setTimer(Math.min(Math.max(0, left), pollInterval), () => this.poll());
  }

  private poll(): void {
    const now = this.environment.monotonicNow();
    if (!this.ended && this.hasEnded) {
      this.ended = true;
      this.onEnd();
    }
    if (now >= this.dueAt) {
      this.dueAt = now + retryInterval;
      this.onDue();
    }
    this.schedule();
  }
}
