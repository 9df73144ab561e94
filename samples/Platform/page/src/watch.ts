import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient, type Client } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import type { PageList } from "./gen/connectionstate/v1/page_pb";
import { WatchService } from "./gen/connectionstate/v1/watch_service_pb";
import { forgetToken, getToken, timeToRenewal } from "./session";

type Show = (list: PageList | undefined, isLive: boolean) => void;

/** Shows the page list while it is live, and the last known one, marked, while it is not. */
export async function watchPageList(baseUrl: string, merchantId: string, show: Show): Promise<never> {
  const watch = new Watch(createClient(WatchService, createGrpcWebTransport({ baseUrl })), merchantId, show);
  for (;;) {
    const isLive = await watch.readStream();
    await new Promise((resolve) => setTimeout(resolve, Math.random() * (isLive ? 250 : 3_000)));
  }
}

class Watch {
  private list?: PageList;
  private resumeToken?: string;
  private checkpointInterval = 15_000;

  constructor(
    private readonly client: Client<typeof WatchService>,
    private readonly merchantId: string,
    private readonly show: Show,
  ) {}

  /** Reads one stream to its end. Returns whether the list is still live: the next stream continues after the last message. */
  async readStream(): Promise<boolean> {
    let received = false;
    try {
      const { token } = await getToken();
      const renewal = AbortSignal.timeout(timeToRenewal());
      const silence = new AbortController();
      const stream = this.client.watchPageList(
        { merchantId: this.merchantId, resumeToken: this.resumeToken },
        { headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.any([renewal, silence.signal]) },
      );
      // A connection that is lost without an error sends no checkpoints.
      let watchdog = this.startWatchdog(silence);
      try {
        for await (const message of stream) {
          received = true;
          this.checkpointInterval = message.checkpointInterval ? durationMs(message.checkpointInterval) : this.checkpointInterval;
          clearTimeout(watchdog);
          watchdog = this.startWatchdog(silence);
          this.resumeToken = message.resumeToken;
          this.list = message.kind.value?.pageList ?? this.list;
          this.show(this.list, true);
        }
      } catch (error) {
        if (!renewal.aborted) throw error;
      } finally {
        clearTimeout(watchdog);
      }
    } catch (error) {
      received = false;
      const { code } = ConnectError.from(error);
      if (code === Code.Unauthenticated) forgetToken();
      if (code === Code.InvalidArgument) this.resumeToken = undefined;
    }
    if (!received) this.show(this.list, false);
    return received;
  }

  private startWatchdog(silence: AbortController) {
    return setTimeout(() => silence.abort(), 3 * this.checkpointInterval);
  }
}
