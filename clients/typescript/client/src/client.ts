import { createClient, type Client, type Transport } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { browserEnvironment } from "./environment.js";
import { ConnectService, type BeginConnectResponse, type ChoosePageResponse, type RefuseResponse } from "./gen/connectionstate/v1/connect_service_pb.js";
import type { Connection, ConnectSession, PageList, Provider } from "./gen/connectionstate/v1/page_pb.js";
import { PageService, type AcknowledgeResponse, type DisconnectResponse, type ListChangesResponse } from "./gen/connectionstate/v1/page_service_pb.js";
import { WatchService } from "./gen/connectionstate/v1/watch_service_pb.js";
import type { OpenStream } from "./pageListWatcher.js";
import { PageListWatch } from "./pageListWatch.js";
import type { Page } from "./pages.js";
import { retry, retryWithRequestId } from "./retry.js";
import { shareStreamPerHolder } from "./sharedStream.js";
import { openTokenSource, sendToken, type OpenedToken, type TokenSource } from "./tokenSource.js";

export interface ClientOptions {
  /** The address of the service's HTTP port. The default is the origin of the page. */
  readonly baseUrl?: string;
  /** Where merchant tokens come from. Without one, calls are sent without authentication. */
  readonly token?: TokenSource;
  /** Who makes the calls, for the history: at most 200 characters. With authentication, the name in the token counts. */
  readonly actor?: string;
  /** How long a call may take, in milliseconds. The default is 10,000. */
  readonly timeoutMs?: number;
  /**
   * Whether the tabs of this origin share one stream per merchant. The default is true. Only tabs share whose tokens say the same, apart from
   * their times and ids; with tokens that are no JWTs none do. Off if `transport` is set.
   */
  readonly shareStreams?: boolean;
  /** Another way to send calls: the fake server of @connectionstate/client/testing, or a transport with your own interceptors. */
  readonly transport?: Transport;
}

/** How one call that changes something is sent. */
export interface CallOptions {
  /** Makes a repeat of your own safe. The default is a new id for each call. Retries of this package always use the same id. */
  readonly requestId?: string;
}

/** How a read is sent. */
export interface ReadOptions {
  /** Gives up. */
  readonly signal?: AbortSignal;
}

/** Calls the service for the screens of merchants. Failures are thrown; `toFailure` decodes them. */
export class ConnectionStateClient {
  /** Sends calls with this client's token. For the services that it has no methods for: `createClient(SignalService, client.transport)`. */
  readonly transport: Transport;
  private readonly connectService: Client<typeof ConnectService>;
  private readonly pageService: Client<typeof PageService>;
  private readonly watchService: Client<typeof WatchService>;
  private readonly environment = browserEnvironment();
  private readonly watches = new Map<string, PageListWatch>();
  private readonly baseUrl: string;
  private readonly token: OpenedToken;

  constructor(private readonly options: ClientOptions = {}) {
    this.baseUrl = options.baseUrl ?? (typeof location === "undefined" ? "http://localhost" : location.origin);
    this.token = openTokenSource(options.token);
    const { token, ready } = this.token;
    token.onChange = () => this.watches.forEach((watch) => watch.reopen());
    token.onEnd = () => this.watches.forEach((watch) => watch.closeStream());
    const interceptors = [sendToken(token, ready)];
    this.transport = options.transport ?? createGrpcWebTransport({ baseUrl: this.baseUrl, interceptors, defaultTimeoutMs: options.timeoutMs ?? 10_000 });
    const streams = options.transport ?? createGrpcWebTransport({ baseUrl: this.baseUrl, interceptors });
    this.connectService = createClient(ConnectService, this.transport);
    this.pageService = createClient(PageService, this.transport);
    this.watchService = createClient(WatchService, streams);
  }

  /** Returns the watch of a merchant's page list: the same object for each call. Nothing is sent before somebody uses it. */
  watchPageList(merchantId: string): PageListWatch {
    let watch = this.watches.get(merchantId);
    if (!watch) {
      const events = typeof document === "undefined" ? undefined : { tab: document, browser: window };
      watch = new PageListWatch(merchantId, this.openStreamOf(merchantId), this.environment, events);
      this.watches.set(merchantId, watch);
    }
    return watch;
  }

  /** Reads a merchant's page list once. */
  async getPageList(merchantId: string, options?: ReadOptions): Promise<PageList | undefined> {
    return (await retry(() => this.pageService.getPageList({ merchantId }, options))).pageList;
  }

  /** Reads one connection, also of a page that has left the list. */
  async getConnection(merchantId: string, page: Page, options?: ReadOptions): Promise<Connection | undefined> {
    return (await retry(() => this.pageService.getConnection({ merchantId, page }, options))).connection;
  }

  /** Reads the history, oldest first. */
  listChanges(merchantId: string, query: { page?: Page; afterRevision?: bigint; limit?: number } = {}, options?: ReadOptions): Promise<ListChangesResponse> {
    return retry(() => this.pageService.listChanges({ merchantId, ...query }, options));
  }

  /** Says that the merchant has seen that a page is lost. The reply says where the screen goes next; a repeat gets the same answer. */
  acknowledge(merchantId: string, page: Page, options?: CallOptions): Promise<AcknowledgeResponse> {
    return this.change((common) => this.pageService.acknowledge({ merchantId, page, ...common }), options);
  }

  /** Disconnects a page. The reply says where the screen goes next. */
  disconnect(merchantId: string, page: Page, options?: CallOptions): Promise<DisconnectResponse> {
    return this.change((common) => this.pageService.disconnect({ merchantId, page, ...common }), options);
  }

  /** Begins a connect session. With `reconnectPageId`, for that page alone: to bring it back, or to authorize it again. */
  beginConnect(merchantId: string, provider: Provider, reconnectPageId?: string, options?: CallOptions): Promise<BeginConnectResponse> {
    return this.change((common) => this.connectService.beginConnect({ merchantId, provider, reconnectPageId, ...common }), options);
  }

  /** Chooses one of the pages that the account offers. */
  choosePage(merchantId: string, sessionId: string, pageId: string, options?: CallOptions): Promise<ChoosePageResponse> {
    return this.change((common) => this.connectService.choosePage({ merchantId, sessionId, pageId, ...common }), options);
  }

  /** Cancels a connect session. */
  cancelSession(merchantId: string, sessionId: string, options?: CallOptions): Promise<RefuseResponse> {
    return this.change((common) => this.connectService.refuse({ merchantId, sessionId, ...common }), options);
  }

  /** Reads a connect session with the pages that the account offers. */
  async getConnectSession(merchantId: string, sessionId: string, options?: ReadOptions): Promise<ConnectSession | undefined> {
    return (await retry(() => this.connectService.getConnectSession({ merchantId, sessionId }, options))).session;
  }

  private change<T>(call: (common: { requestId: string; actor: string }) => Promise<T>, options: CallOptions = {}): Promise<T> {
    const actor = this.options.actor ?? "";
    return retryWithRequestId((requestId) => call({ requestId, actor }), undefined, options.requestId);
  }

  private openStreamOf(merchantId: string): OpenStream {
    const open: OpenStream = (resumeToken, signal) => this.watchService.watchPageList({ merchantId, resumeToken }, { signal });
    const { shareStreams = true, transport } = this.options;
    if (shareStreams === false || transport || typeof document === "undefined" || typeof BroadcastChannel === "undefined") return open;
    const openChannel = (holder: string) => new BroadcastChannel(["connectionstate", this.baseUrl, holder, merchantId].map(encodeURIComponent).join("/"));
    return shareStreamPerHolder(open, this.token, openChannel, this.environment);
  }
}

/** Creates a client. One per page is enough: all its users share its streams. */
export function createConnectionStateClient(options: ClientOptions = {}): ConnectionStateClient {
  return new ConnectionStateClient(options);
}
