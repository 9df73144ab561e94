import { clone, create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampNow } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createRouterTransport, type Transport } from "@connectrpc/connect";
import type { ErrorReason } from "./failure.js";
import { ChangeSchema, type Change } from "./gen/connectionstate/v1/change_pb.js";
import { ConnectService } from "./gen/connectionstate/v1/connect_service_pb.js";
import {
  CandidateSchema,
  Cause,
  Connection_State as State,
  ConnectionSchema,
  ConnectSession_Step as Step,
  ConnectSessionSchema,
  NavigationSchema,
  PageListSchema,
  PageRefSchema,
  Provider,
  QuotaSchema,
  type Connection,
  type ConnectSession,
  type PageList,
} from "./gen/connectionstate/v1/page_pb.js";
import { PageService } from "./gen/connectionstate/v1/page_service_pb.js";
import { SnapshotReason, WatchPageListResponseSchema, WatchService, type WatchPageListResponse } from "./gen/connectionstate/v1/watch_service_pb.js";
import { ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";
import { canSend, findPage, hasEnded, holdsSlot, isSamePage, nextScreenAfter, type Page } from "./pages.js";

/** Returns a connected page of Facebook, or what `more` makes of it. */
export function fakeConnection(pageId: string, more: Partial<Omit<Connection, "$typeName" | "$unknown">> = {}): Connection {
  return create(ConnectionSchema, { page: { provider: Provider.FACEBOOK, pageId }, pageName: `Page ${pageId}`, state: State.CONNECTED, ...more });
}

/**
 * A service in memory, for tests of your own components: pass its `transport` to `createConnectionStateClient`. It carries out what screens
 * call and streams every change; the rest happens when the test says so.
 */
export class FakeServer {
  readonly transport: Transport;
  /** The names of the methods that were called, in order. */
  readonly calls: string[] = [];
  /** The resume token of each stream that was opened. */
  readonly resumeTokens: (string | undefined)[] = [];
  /** The request ids of the calls that change something. */
  readonly requestIds: string[] = [];
  /** The interval that streams announce, in milliseconds. The fake sends no checkpoints by itself; see `checkpoint`. */
  checkpointInterval = 15_000;

  private readonly lists = new Map<string, PageList>();
  private readonly sessions = new Map<string, ConnectSession>();
  private readonly streams = new Set<FakeStream>();
  private failure?: { readonly error: ConnectError; left: number };

  constructor() {
    this.transport = createRouterTransport((router) => {
      router.service(WatchService, { watchPageList: (request, { signal }) => this.watch(request.merchantId, request.resumeToken, signal) });
      router.service(PageService, {
        getPageList: (request) => this.call("GetPageList", () => ({ pageList: this.listOf(request.merchantId) })),
        listChanges: () => this.call("ListChanges", () => ({ changes: [] })),
        acknowledge: ({ merchantId, page, requestId }) => this.call("Acknowledge", () => this.leave(merchantId, page!, false), requestId),
        disconnect: ({ merchantId, page, requestId }) => this.call("Disconnect", () => this.leave(merchantId, page!, true), requestId),
      });
      router.service(ConnectService, {
        beginConnect: (request) => this.call("BeginConnect", () => ({ session: this.begin(request.merchantId, request.provider, request.reconnectPageId) }), request.requestId),
        choosePage: (request) => this.call("ChoosePage", () => this.choose(request.merchantId, request.sessionId, request.pageId), request.requestId),
        refuse: (request) => this.call("Refuse", () => ({ session: this.moveSession(request.merchantId, request.sessionId, { step: Step.REFUSED }) }), request.requestId),
        getConnectSession: (request) => this.call("GetConnectSession", () => ({ session: this.sessionOf(request.sessionId) })),
      });
    });
  }

  /** Returns a merchant's page list. */
  listOf(merchantId: string): PageList {
    return this.lists.get(merchantId) ?? create(PageListSchema, { merchantId, quota: { limit: 3 } });
  }

  /** Sets a merchant's page list, and streams it. */
  setPages(merchantId: string, connections: readonly Connection[], limit = 3): void {
    this.commit(merchantId, [...connections], { quota: create(QuotaSchema, { limit }) });
  }

  /** A page is lost: by default because the app's permission was removed. */
  lose(merchantId: string, page: Page, state: State = State.REVOKED, cause: Cause = Cause.PERMISSION_REVOKED): void {
    const connections = this.listOf(merchantId).connections.map((one) =>
      isSamePage(one.page, page) ? { ...one, state, cause, acknowledged: false, stateSince: timestampNow() } : one,
    );
    this.commit(merchantId, connections);
  }

  /** An account signed in and offers pages. */
  submitAccount(merchantId: string, sessionId: string, candidates: readonly MessageInitShape<typeof CandidateSchema>[]): void {
    this.moveSession(merchantId, sessionId, { step: Step.CHOOSE_PAGE, candidates: candidates.map((one) => create(CandidateSchema, one)) });
  }

  /** The provider granted access to the page that the session chose. */
  grant(merchantId: string, sessionId: string): void {
    const { page } = this.sessionOf(sessionId);
    const others = this.listOf(merchantId).connections;
    const name = this.sessionOf(sessionId).candidates.find((one) => one.pageId === page?.pageId)?.name;
    const connected = { ...(findPage(others, page) ?? fakeConnection(page!.pageId, { page })), state: State.CONNECTED, cause: Cause.UNSPECIFIED };
    if (name) connected.pageName = name;
    this.moveSession(merchantId, sessionId, { step: Step.CONNECTED, candidates: [] }, replaceOrAdd(others, connected));

    function findPage(list: readonly Connection[], wanted: Page | undefined) {
      return list.find((one) => isSamePage(one.page, wanted));
    }
  }

  /** Lets the next calls and new streams fail: with a reason of the service, or as if it could not be reached. */
  failNext(reason: ErrorReason | "UNREACHABLE", calls = 1, retryAfter?: number): void {
    this.failure = { error: errorFor(reason, retryAfter), left: calls };
  }

  /** Lets the open streams fail. */
  failStreams(reason: ErrorReason | "UNREACHABLE" = "UNREACHABLE"): void {
    this.streams.forEach((stream) => stream.fail(errorFor(reason)));
  }

  /** Ends the open streams as the service does after their lifetime. */
  endStreams(): void {
    this.streams.forEach((stream) => stream.end());
  }

  /** Sends a checkpoint on each open stream. */
  checkpoint(): void {
    this.streams.forEach(({ merchantId, send }) =>
      send(create(WatchPageListResponseSchema, { resumeToken: this.tokenOf(merchantId), kind: { case: "checkpoint", value: { revision: this.listOf(merchantId).revision } } })),
    );
  }

  /** Sends any message on the open streams of a merchant. */
  send(merchantId: string, message: MessageInitShape<typeof WatchPageListResponseSchema>): void {
    for (const stream of this.streams) if (stream.merchantId === merchantId) stream.send(create(WatchPageListResponseSchema, message));
  }

  /** The number of open streams. */
  get openStreams(): number {
    return this.streams.size;
  }

  private call<T>(name: string, action: () => T, requestId?: string): T {
    this.calls.push(name);
    if (requestId !== undefined) this.requestIds.push(requestId);
    this.throwFailure();
    return action();
  }

  private throwFailure(): void {
    if (!this.failure || this.failure.left-- <= 0) return;
    throw this.failure.error;
  }

  private async *watch(merchantId: string, resumeToken: string | undefined, signal: AbortSignal): AsyncIterable<WatchPageListResponse> {
    this.calls.push("WatchPageList");
    this.resumeTokens.push(resumeToken);
    this.throwFailure();
    const stream = new FakeStream(merchantId, signal);
    this.streams.add(stream);
    try {
      const pageList = this.listOf(merchantId);
      yield create(WatchPageListResponseSchema, {
        resumeToken: this.tokenOf(merchantId),
        checkpointInterval: durationFromMs(this.checkpointInterval),
        kind:
          resumeToken === this.tokenOf(merchantId)
            ? { case: "checkpoint", value: { revision: pageList.revision, pageList } }
            : { case: "snapshot", value: { pageList, reason: resumeToken === undefined ? SnapshotReason.INITIAL : SnapshotReason.HISTORY_TRIMMED } },
      });
      yield* stream.messages();
    } finally {
      this.streams.delete(stream);
    }
  }

  private commit(merchantId: string, connections: Connection[], more: Partial<Pick<PageList, "quota">> = {}, changes: readonly Change[] = []): void {
    const previous = this.listOf(merchantId);
    const list = clone(PageListSchema, { ...previous, ...more, connections, revision: previous.revision + 1n });
    list.sessions = [...this.sessions.values()].filter((session) => !hasEnded(session) && this.merchantOf.get(session.sessionId) === merchantId);
    if (list.quota) list.quota.used = connections.filter(holdsSlot).length;
    this.lists.set(merchantId, list);
    this.send(merchantId, {
      resumeToken: this.tokenOf(merchantId),
      kind: { case: "changes", value: { changes: changes.length > 0 ? [...changes] : [create(ChangeSchema, { revision: list.revision, at: timestampNow() })], pageList: list } },
    });
  }

  private tokenOf(merchantId: string): string {
    return `${merchantId}@${this.listOf(merchantId).revision}`;
  }

  private leave(merchantId: string, page: Page, disconnect: boolean) {
    const list = this.listOf(merchantId);
    const connection = findPage(list, page);
    if (!connection) throw errorFor("CONNECTION_NOT_FOUND");
    const next = nextScreenAfter(list, page);
    const leaves = disconnect || !holdsSlot(connection);
    const changed = { ...connection, acknowledged: true, ...(disconnect ? { state: State.DISCONNECTED, cause: Cause.MERCHANT_DISCONNECTED } : {}) };
    const others = list.connections.filter((one) => one !== connection);
    if (!connection.acknowledged || disconnect) this.commit(merchantId, leaves ? others : list.connections.map((one) => (one === connection ? changed : one)));
    const target =
      "page" in next
        ? { case: "page" as const, value: { provider: next.page.provider, pageId: next.page.pageId } }
        : { case: "connect" as const, value: { provider: next.connect } };
    return { connection: changed, navigation: create(NavigationSchema, { target }), pageList: this.listOf(merchantId) };
  }

  private readonly merchantOf = new Map<string, string>();

  private begin(merchantId: string, provider: Provider, reconnectPageId: string | undefined): ConnectSession {
    const list = this.listOf(merchantId);
    const used = list.connections.filter(holdsSlot).length;
    if (reconnectPageId === undefined && list.quota && used >= list.quota.limit) throw errorFor("PAGE_QUOTA_EXCEEDED");
    const sessionId = `session-${this.sessions.size + 1}`;
    const reconnectPage = reconnectPageId === undefined ? undefined : { provider, pageId: reconnectPageId };
    this.sessions.set(sessionId, create(ConnectSessionSchema, { sessionId, provider, step: Step.SIGN_IN, reconnectPage }));
    this.merchantOf.set(sessionId, merchantId);
    this.commit(merchantId, list.connections);
    return this.sessionOf(sessionId);
  }

  private choose(merchantId: string, sessionId: string, pageId: string) {
    const { provider, candidates } = this.sessionOf(sessionId);
    const candidate = candidates.find((one) => one.pageId === pageId);
    if (!candidate) throw errorFor("PAGE_NOT_OFFERED");
    const page = create(PageRefSchema, { provider, pageId });
    const connections = this.listOf(merchantId).connections;
    const pending = fakeConnection(pageId, { page, pageName: candidate.name, state: State.PENDING });
    const connection = connections.find((one) => isSamePage(one.page, page)) ?? pending;
    if (canSend(connection) && !this.sessionOf(sessionId).reconnectPage) throw errorFor("PAGE_ALREADY_CONNECTED");
    const session = this.moveSession(merchantId, sessionId, { step: Step.CONSENT, page: connection.page }, replaceOrAdd(connections, connection));
    return { session, connection };
  }

  private sessionOf(sessionId: string): ConnectSession {
    const session = this.sessions.get(sessionId);
    if (!session) throw errorFor("SESSION_NOT_FOUND");
    return session;
  }

  private moveSession(merchantId: string, sessionId: string, facts: Partial<ConnectSession>, connections = this.listOf(merchantId).connections): ConnectSession {
    const session = { ...this.sessionOf(sessionId), ...facts };
    this.sessions.set(sessionId, session);
    // A page that was never connected leaves the list with the session that chose it.
    const isRefused = session.step === Step.REFUSED;
    this.commit(merchantId, isRefused ? connections.filter((one) => !(one.state === State.PENDING && isSamePage(one.page, session.page))) : connections);
    return session;
  }
}

function replaceOrAdd(connections: readonly Connection[], connection: Connection): Connection[] {
  const isListed = connections.some((one) => isSamePage(one.page, connection.page));
  return isListed ? connections.map((one) => (isSamePage(one.page, connection.page) ? connection : one)) : [...connections, connection];
}

const codes: Partial<Record<ErrorReason, Code>> = {
  CONNECTION_NOT_FOUND: Code.NotFound,
  SESSION_NOT_FOUND: Code.NotFound,
  PAGE_QUOTA_EXCEEDED: Code.ResourceExhausted,
  WATCH_LIMIT_EXCEEDED: Code.ResourceExhausted,
  PAGE_ALREADY_CONNECTED: Code.AlreadyExists,
  RESUME_TOKEN_INVALID: Code.InvalidArgument,
  STORE_UNAVAILABLE: Code.Unavailable,
  SHUTTING_DOWN: Code.Unavailable,
  CONCURRENT_CHANGE: Code.Aborted,
  TOKEN_MISSING: Code.Unauthenticated,
  TOKEN_EXPIRED: Code.Unauthenticated,
  TOKEN_REVOKED: Code.Unauthenticated,
};

function errorFor(reason: ErrorReason | "UNREACHABLE", retryAfter?: number): ConnectError {
  if (reason === "UNREACHABLE") return new ConnectError("the service cannot be reached", Code.Unavailable);
  const info = { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason, domain: "connectionstate" }) };
  const retry = retryAfter === undefined ? [] : [{ desc: RetryInfoSchema, value: create(RetryInfoSchema, { retryDelay: durationFromMs(retryAfter) }) }];
  return new ConnectError(reason, codes[reason] ?? Code.FailedPrecondition, undefined, [info, ...retry]);
}

/** An open stream: the messages that wait, and how it ends. */
class FakeStream {
  private readonly queue: (WatchPageListResponse | ConnectError | "end")[] = [];
  private wake = () => {};

  constructor(
    readonly merchantId: string,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener("abort", () => this.wake());
  }

  readonly send = (message: WatchPageListResponse): void => this.push(clone(WatchPageListResponseSchema, message));
  readonly fail = (error: ConnectError): void => this.push(error);
  readonly end = (): void => this.push("end");

  async *messages(): AsyncIterable<WatchPageListResponse> {
    while (!this.signal.aborted) {
      const next = this.queue.shift();
      if (next === undefined) await new Promise<void>((resolve) => (this.wake = resolve));
      else if (next === "end") return;
      else if (next instanceof ConnectError) throw next;
      else yield next;
    }
  }

  private push(next: WatchPageListResponse | ConnectError | "end"): void {
    this.queue.push(next);
    this.wake();
  }
}
