// A stream that misses three checkpoints is treated as lost: a half-open connection raises no error in the browser.

const missedCheckpoints = 3;
const defaultCheckpointInterval = 15_000;

/** Decides whether a stream has been silent for too long. All times are milliseconds of one monotonic clock. */
export class Watchdog {
  /** @param checkpointInterval The interval of the previous stream; used until this stream announces its own. */
  constructor(
    private lastMessageAt: number,
    public checkpointInterval = defaultCheckpointInterval,
  ) {}

  /** Records a message. The first message of a stream announces the checkpoint interval. */
  messageReceived(now: number, checkpointInterval?: number): void {
    this.lastMessageAt = now;
    if (checkpointInterval !== undefined && checkpointInterval > 0) this.checkpointInterval = checkpointInterval;
  }

  get deadline(): number {
    return this.lastMessageAt + missedCheckpoints * this.checkpointInterval;
  }

  isSilent(now: number): boolean {
    return now >= this.deadline;
  }
}
