using ConnectionStateService.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Client.Testing;

/// <summary>
/// ConnectionState in memory, for unit tests: page lists that the test changes, and a client, a watcher and a cache that all show them. It
/// decides nothing: the test says what happens. Thread-safe.
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
    private RpcException? outage;
    private bool isDisposed;

    /// <summary>Creates a server without page lists, which is up.</summary>
    public FakeConnectionState()
    {
        invoker = new FakeCallInvoker(() => Outage);
        watcher = new FakePageListWatcher(this);
        cache = new FakePageListCache(this);
        Client = new ConnectionStateClient(invoker, new(), watcher);
        OnCall<GetPageListRequest, GetPageListResponse>(r => new() { PageList = GetPageList(r.MerchantId) });
        OnCall<GetConnectionRequest, GetConnectionResponse>(r => new() { Connection = FindConnection(r.MerchantId, r.Page) });
    }

    /// <summary>
    /// A client whose calls are answered by this fake: GetPageList and GetConnection from the page lists, all others by
    /// <see cref="OnCall"/>.
    /// </summary>
    public ConnectionStateClient Client { get; }

    /// <summary>Watches this fake's page lists.</summary>
    public IPageListWatcher Watcher => watcher;

    /// <summary>
    /// Holds this fake's page lists. <see cref="IPageListCache.TryGet"/> finds every merchant that the test has set at once, and no other.
    /// A stale list does not change: it shows what the test has changed once it is live again.
    /// </summary>
    public IPageListCache Cache => cache;

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

    /// <summary>Adds a page to a merchant's list, or replaces it.</summary>
    /// <returns>The connection.</returns>
    public Connection AddPage(string merchantId, PageRef page, State state = State.Connected, Cause cause = Cause.Unspecified)
    {
        ArgumentNullException.ThrowIfNull(page);
        return Move(merchantId, page, state, cause, mustExist: false);
    }

    /// <summary>
    /// Loses a page: the connection gets the state that belongs to the cause, and watchers receive the change, once the list is live.
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
        return Move(merchantId, page, state, cause, mustExist: true);
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
    /// <param name="failure">The failure of calls; the default is <see cref="FakeErrors.Unavailable"/>.</param>
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

    private PageList GetPageList(string merchantId) => TryFind(merchantId)?.PageList ?? new() { MerchantId = merchantId, Quota = new() };

    private Connection FindConnection(string merchantId, PageRef page) =>
        GetPageList(merchantId).Connections.FirstOrDefault(c => c.Page.Equals(page))
        ?? throw FakeErrors.Create(ErrorReason.ConnectionNotFound, StatusCode.NotFound, "The merchant has no connection to the page.");

    private Connection Move(string merchantId, PageRef page, State state, Cause cause, bool mustExist)
    {
        lock (gate)
        {
            var merchant = GetOrAdd(merchantId);
            var list = merchant.PageList.Clone();
            var connection = list.Connections.FirstOrDefault(c => c.Page.Equals(page));
            if (connection is null)
            {
                if (mustExist)
                {
                    throw new ArgumentException($"'{merchantId}' does not have the page; call AddPage before.", nameof(page));
                }

                connection = new Connection { Page = page.Clone(), PageName = $"Page {page.PageId}" };
                list.Connections.Add(connection);
            }

            var at = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow);
            var transition = new Change.Types.Transition { Page = page.Clone(), From = connection.State, To = state, Cause = cause };
            (connection.State, connection.Cause, connection.StateSince) = (state, cause, at);
            merchant.Set(list, [new Change { At = at, Transition = transition }]);
            return connection.Clone();
        }
    }
}
