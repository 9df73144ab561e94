// A connection that says nothing for three checkpoints is lost, whatever the browser believes of it.

const patience = 3;
const beforeTold = 15_000;

/** Says whether a stream has been silent for too long. Times are milliseconds of the same clock. */
export class Watchdog {
  /** @param interval What an earlier stream told, until this one tells its own. */
  constructor(
    private heardAt: number,
    public interval = beforeTold,
  ) {}

  /** A message came; the first of a stream says how far apart they are at the most. */
  heard(now: number, interval?: number): void {
    this.heardAt = now;
    if (interval !== undefined && interval > 0) this.interval = interval;
  }

  get deadline(): number {
    return this.heardAt + patience * this.interval;
  }

  isSilent(now: number): boolean {
    return now >= this.deadline;
  }
}
