using System.Globalization;
using ConnectionStateService.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Client.Testing;

/// <summary>
/// ConnectionState in memory, for unit tests: page lists that the test changes, and a client, a watcher, a cache and a reporter that all show
/// them. It decides nothing but whether a report names the current grant: the test says what happens. Thread-safe.
/// </summary>
/// <example><code>
/// var service = new FakeConnectionState();
/// service.AddPage("shop-1", page);
/// service.LosePage("shop-1", page, Cause.PermissionRevoked);
/// var sender = new MessageSender(service.Client, service.Cache);
/// </code></example>
public sealed class FakeConnectionState : IDisposable
{
    private readonly object gate = new();
    private readonly Dictionary<string, FakeMerchant> merchants = new(StringComparer.Ordinal);
    private readonly FakeCallInvoker invoker;
    private readonly FakePageListWatcher watcher;
    private readonly FakePageListCache cache;
    private readonly FakePageReporter reporter;
    private int grants;
    private RpcException? outage;
    private bool isDisposed;

    /// <summary>Creates a server without page lists, which is up.</summary>
    public FakeConnectionState()
    {
        invoker = new FakeCallInvoker(() => Outage);
        watcher = new FakePageListWatcher(this);
        cache = new FakePageListCache(this);
        Client = new ConnectionStateClient(invoker, new(), watcher);
        reporter = new FakePageReporter(Client);
        OnCall<GetPageListRequest, GetPageListResponse>(r => new() { PageList = GetPageList(r.MerchantId) });
        OnCall<GetConnectionRequest, GetConnectionResponse>(r => new() { Connection = FindConnection(r.MerchantId, r.Page) });
        var reports = new FakeReports(this);
        OnCall<ReportSuccessRequest, ReportSuccessResponse>(reports.Answer);
        OnCall<RenewGrantRequest, RenewGrantResponse>(reports.Answer);
        OnCall<ReconnectRequest, ReconnectResponse>(reports.Answer);
    }

    /// <summary>
    /// A client whose calls are answered by this fake: GetPageList and GetConnection from the page lists, all others by
    /// <see cref="OnCall"/>. Without <see cref="OnCall"/>, RenewGrant and Reconnect renew the page, and ReportSuccess ends its suspicion; a
    /// request that names another grant than the current one is STALE.
    /// </summary>
    public ConnectionStateClient Client { get; }

    /// <summary>Watches this fake's page lists.</summary>
    public IPageListWatcher Watcher => watcher;

    /// <summary>
    /// Holds this fake's page lists. <see cref="IPageListCache.TryGet"/> finds every merchant that the test has set at once, and no other.
    /// A stale list does not change: it shows what the test has changed once it is live again.
    /// </summary>
    public IPageListCache Cache => cache;

    /// <summary>Reports through <see cref="Client"/>. It samples nothing: every success is in <see cref="Requests"/> at once.</summary>
    public IPageReporter Reporter => reporter;

    /// <summary>The requests that were sent through <see cref="Client"/>, oldest first.</summary>
    public IReadOnlyList<IMessage> Requests => invoker.Requests;

    internal RpcException? Outage
    {
        get
        {
            lock (gate)
            {
                return outage;
            }
        }
    }

    /// <summary>Sets a merchant's whole page list. Its revision is set by the fake.</summary>
    public void SetPageList(PageList pageList)
    {
        ArgumentNullException.ThrowIfNull(pageList);
        lock (gate)
        {
            GetOrAdd(pageList.MerchantId).Set(pageList.Clone(), []);
        }
    }

    /// <summary>Adds a page to a merchant's list, or replaces it. A page that is CONNECTED or lost has a new grant.</summary>
    /// <returns>The connection.</returns>
    public Connection AddPage(string merchantId, PageRef page, State state = State.Connected, Cause cause = Cause.Unspecified)
    {
        ArgumentNullException.ThrowIfNull(page);
        var grantId = state is State.Pending or State.Refused ? "" : NewGrantId();
        return Update(merchantId, page, mustExist: false, (connection, at) =>
        {
            connection.GrantId = grantId;
            return Move(connection, at, state is State.Pending ? Trigger.Request : ToTrigger(state, cause), state, cause);
        });
    }

    /// <summary>
    /// Loses a page: the connection gets the state that belongs to the cause, and watchers receive the change, once the list is live. It keeps
    /// its grant.
    /// </summary>
    /// <param name="merchantId">The merchant.</param>
    /// <param name="page">A page that was added before.</param>
    /// <param name="cause">TOKEN_EXPIRED, PERMISSION_REVOKED, ROLE_LOST, PAGE_DELETED or SIGNED_IN_ELSEWHERE.</param>
    /// <returns>The lost connection.</returns>
    /// <exception cref="ArgumentException">The cause is not one of a loss, or the merchant does not have the page.</exception>
    public Connection LosePage(string merchantId, PageRef page, Cause cause)
    {
        ArgumentNullException.ThrowIfNull(page);
        var state = cause switch
        {
            Cause.TokenExpired => State.Expired,
            Cause.PermissionRevoked or Cause.RoleLost => State.Revoked,
            Cause.PageDeleted => State.Deleted,
            Cause.SignedInElsewhere => State.Disconnected,
            _ => throw new ArgumentException($"A page is not lost because of {cause}.", nameof(cause)),
        };
        return Update(merchantId, page, mustExist: true, (connection, at) => Move(connection, at, ToTrigger(state, cause), state, cause));
    }

    /// <summary>Makes a connected page suspect, as soft provider errors do. It keeps its state and its grant.</summary>
    /// <param name="merchantId">The merchant.</param>
    /// <param name="page">A connected page that was added before.</param>
    /// <param name="signal">What the evidence says.</param>
    /// <returns>The suspect connection.</returns>
    /// <exception cref="ArgumentException">The merchant does not have the page, or it is not CONNECTED.</exception>
    public Connection MakeSuspect(string merchantId, PageRef page, Signal signal = Signal.TokenExpired) => SetHealth(
        merchantId, page, Health.Suspect, new() { Source = Evidence.Types.Source.ProviderError, Signal = signal });

    /// <summary>Ends the suspicion of a page, as a success does.</summary>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentException">The merchant does not have the page, or it is not CONNECTED.</exception>
    public Connection ClearSuspicion(string merchantId, PageRef page) =>
        SetHealth(merchantId, page, Health.Ok, new() { Source = Evidence.Types.Source.Success });

    /// <summary>Renews a page's token: the page is CONNECTED with a new grant.</summary>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentException">The merchant does not have the page.</exception>
    public Connection RenewPage(string merchantId, PageRef page) => Connect(merchantId, page, Trigger.Renew);

    /// <summary>Connects a listed page again, with a connect session or Reconnect: it is CONNECTED with a new grant.</summary>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentException">The merchant does not have the page.</exception>
    public Connection ReconnectPage(string merchantId, PageRef page) => Connect(merchantId, page, Trigger.Grant);

    /// <summary>Brings a lost page back under the same grant, as a success does after a false alarm.</summary>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentException">The merchant does not have the page.</exception>
    public Connection RestorePage(string merchantId, PageRef page)
    {
        ArgumentNullException.ThrowIfNull(page);
        return Update(merchantId, page, mustExist: true, (connection, at) => Move(connection, at, Trigger.Restore, State.Connected));
    }

    /// <summary>
    /// Makes a merchant's list stale, as when its stream is lost: cache and watches keep the old list until <see cref="MakeLive"/> or
    /// <see cref="ComeBack"/>, while calls return the current one.
    /// </summary>
    /// <param name="merchantId">A merchant with a page list.</param>
    /// <param name="age">How long ago the server confirmed the list. The default is 1 minute.</param>
    public void MakeStale(string merchantId, TimeSpan? age = null)
    {
        lock (gate)
        {
            Find(merchantId).MakeStale(age ?? TimeSpan.FromMinutes(1), FakeErrors.Unavailable());
        }
    }

    /// <summary>Makes a merchant's list live again. Watchers receive what has changed meanwhile.</summary>
    public void MakeLive(string merchantId)
    {
        lock (gate)
        {
            Find(merchantId).MakeLive();
        }
    }

    /// <summary>Takes the server down: calls fail, watches and cached lists are stale.</summary>
    /// <param name="failure">
    /// The failure of calls; the default is <see cref="FakeErrors.Unavailable"/>. With <see cref="FakeErrors.Unauthenticated"/> the server
    /// refuses the client's token.
    /// </param>
    public void GoDown(RpcException? failure = null)
    {
        lock (gate)
        {
            outage = failure ?? FakeErrors.Unavailable();
            foreach (var merchant in merchants.Values)
            {
                merchant.MakeStale(TimeSpan.Zero, outage);
            }
        }
    }

    /// <summary>Brings the server back: calls are answered, watches and cached lists are live and show what has changed.</summary>
    public void ComeBack()
    {
        lock (gate)
        {
            outage = null;
            foreach (var merchant in merchants.Values)
            {
                merchant.MakeLive();
            }
        }
    }

    /// <summary>
    /// Answers a call of <see cref="Client"/>. To fail it, throw an <see cref="RpcException"/>, such as one of <see cref="FakeErrors"/>.
    /// </summary>
    public void OnCall<TRequest, TResponse>(Func<TRequest, TResponse> answer)
        where TRequest : class, IMessage
        where TResponse : class, IMessage
    {
        ArgumentNullException.ThrowIfNull(answer);
        invoker.Add(answer);
    }

    /// <summary>Disposes client, watcher and cache. Watches and waits in progress throw <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            isDisposed = true;
            foreach (var merchant in merchants.Values)
            {
                merchant.Dispose();
            }
        }

        reporter.Dispose();
        Client.Dispose();
    }

    internal FakeMerchant? TryFind(string merchantId)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            return merchants.GetValueOrDefault(merchantId);
        }
    }

    internal FakeMerchant GetOrAdd(string merchantId)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            if (!merchants.TryGetValue(merchantId, out var merchant))
            {
                merchants[merchantId] = merchant = new FakeMerchant(merchantId, gate, outage);
            }

            return merchant;
        }
    }

    private FakeMerchant Find(string merchantId) => merchants.GetValueOrDefault(merchantId)
        ?? throw new ArgumentException($"The fake has no page list of '{merchantId}'; call SetPageList or AddPage before.", nameof(merchantId));

    internal PageList GetPageList(string merchantId) => TryFind(merchantId)?.PageList ?? new() { MerchantId = merchantId, Quota = new() };

    internal Connection FindConnection(string merchantId, PageRef page) => GetPageList(merchantId).Find(page)
        ?? throw FakeErrors.Create(ErrorReason.ConnectionNotFound, StatusCode.NotFound, "The merchant has no connection to the page.");

    private static Trigger ToTrigger(State state, Cause cause) => (state, cause) switch
    {
        (State.Connected, _) => Trigger.Grant,
        (State.Refused, _) => Trigger.Refuse,
        (State.Expired, _) => Trigger.Expire,
        (State.Revoked, _) => Trigger.Revoke,
        (State.Deleted, _) => Trigger.Delete,
        (State.Disconnected, Cause.SignedInElsewhere) => Trigger.Displace,
        (State.Disconnected, _) => Trigger.Disconnect,
        _ => Trigger.Unspecified,
    };

    private static Change Move(Connection connection, Timestamp at, Trigger trigger, State state, Cause cause = Cause.Unspecified)
    {
        var transition = new Change.Types.Transition
        {
            Page = connection.Page.Clone(),
            Trigger = trigger,
            From = connection.State,
            To = state,
            Cause = cause,
            FromSince = connection.StateSince,
            GrantId = connection.GrantId,
        };
        var isConnected = state is State.Connected;
        if (state != connection.State)
        {
            connection.StateSince = at;
        }

        if (trigger is Trigger.Grant)
        {
            connection.ConnectedAt = at;
        }

        (connection.State, connection.Cause, connection.Acknowledged) = (state, cause, false);
        (connection.Health, connection.SuspectSince, connection.Evidence) = (isConnected ? Health.Ok : Health.Unspecified, null, null);
        return new Change { Transition = transition };
    }

    private Connection Connect(string merchantId, PageRef page, Trigger trigger)
    {
        ArgumentNullException.ThrowIfNull(page);
        return Update(merchantId, page, mustExist: true, (connection, at) =>
        {
            connection.GrantId = NewGrantId();
            return Move(connection, at, trigger, State.Connected);
        });
    }

    private Connection SetHealth(string merchantId, PageRef page, Health health, Evidence evidence)
    {
        ArgumentNullException.ThrowIfNull(page);
        return Update(merchantId, page, mustExist: true, (connection, at) =>
        {
            if (connection.State is not State.Connected)
            {
                throw new ArgumentException($"The page is {connection.State}; only a connected page can be suspect.", nameof(page));
            }

            evidence.ObservedAt = at;
            var isSuspect = health is Health.Suspect;
            (connection.Health, connection.Evidence) = (health, isSuspect ? evidence : null);
            connection.SuspectSince = isSuspect ? connection.SuspectSince ?? at : null;
            return new Change
            {
                HealthChanged = new() { Page = page.Clone(), Health = health, Evidence = evidence.Clone(), GrantId = connection.GrantId },
            };
        });
    }

    // 16 characters, as those of the server.
    private string NewGrantId() => Interlocked.Increment(ref grants).ToString("x16", CultureInfo.InvariantCulture);

    private Connection Update(string merchantId, PageRef page, bool mustExist, Func<Connection, Timestamp, Change> change)
    {
        lock (gate)
        {
            var merchant = GetOrAdd(merchantId);
            var list = merchant.PageList.Clone();
            if (list.Find(page) is not { } connection)
            {
                if (mustExist)
                {
                    throw new ArgumentException($"'{merchantId}' does not have the page; call AddPage before.", nameof(page));
                }

                connection = new Connection { Page = page.Clone(), PageName = $"Page {page.PageId}" };
                list.Connections.Add(connection);
            }

            var at = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow);
            var changed = change(connection, at);
            changed.At = at;
            connection.Revision = list.Revision + 1;
            merchant.Set(list, [changed]);
            return connection.Clone();
        }
    }
}
