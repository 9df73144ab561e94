using ConnectionStateService.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Client;

/// <summary>
/// The client of ConnectionState: the gRPC client of each service, and a watcher of page lists. Thread-safe; create one and keep it. In an
/// application with dependency injection, use <c>services.AddConnectionStateClient()</c>.
/// </summary>
/// <remarks>
/// Unary calls get a default deadline, a request id and an actor, and are retried on UNAVAILABLE and ABORTED with the same request id. With
/// <see cref="ConnectionStateClientOptions.ApiKey"/> or <see cref="ConnectionStateClientOptions.TokenSource"/> all calls are authenticated.
/// Failed calls throw <see cref="RpcException"/>; <see cref="RpcExceptionExtensions.GetConnectionStateError"/> reads the details. A call
/// whose cancellation token is canceled throws <see cref="OperationCanceledException"/>.
/// </remarks>
public sealed class ConnectionStateClient : IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly GrpcChannel? channel;
    private readonly ILoggerFactory loggers;
    private readonly bool ownsMetrics;
    private readonly Func<CacheSource> createCacheSource;

    /// <summary>Creates a client with a channel of its own. It connects with the first call.</summary>
    /// <param name="options">The options.</param>
    /// <param name="configureChannel">
    /// Changes the channel's options: credentials, handler, message sizes. A handler set here is disposed with the channel only if
    /// <see cref="GrpcChannelOptions.DisposeHttpClient"/> is set.
    /// </param>
    /// <param name="loggerFactory">Where to log, or null to log nothing.</param>
    /// <exception cref="OptionsValidationException">Names every invalid option.</exception>
    public ConnectionStateClient(
        ConnectionStateClientOptions options,
        Action<GrpcChannelOptions>? configureChannel = null,
        ILoggerFactory? loggerFactory = null)
        : this(CreateChannel(options, configureChannel, loggerFactory), options, loggerFactory)
    {
    }

    /// <summary>Creates a client over a call invoker: a transport of your own, or a fake in a unit test.</summary>
    /// <param name="invoker">Makes the calls. It is not disposed with the client.</param>
    /// <param name="options">The options. The address appears in error messages only; retries are up to the invoker.</param>
    /// <param name="watcher">The watcher to use, or null to watch over <paramref name="invoker"/>.</param>
    /// <exception cref="OptionsValidationException">Names every invalid option.</exception>
    public ConnectionStateClient(CallInvoker invoker, ConnectionStateClientOptions options, IPageListWatcher? watcher = null)
        : this(invoker, Validated(options), TimeProvider.System, null, null, watcher)
    {
    }

    internal ConnectionStateClient(
        CallInvoker invoker,
        ConnectionStateClientOptions options,
        TimeProvider clock,
        ILoggerFactory? loggerFactory,
        ClientMetrics? metrics,
        IPageListWatcher? watcher = null)
    {
        ArgumentNullException.ThrowIfNull(invoker);
        (Options, Clock, loggers) = (options, clock, loggerFactory ?? NullLoggerFactory.Instance);
        (Metrics, ownsMetrics) = (metrics ?? new(), metrics is null);
        var logger = CreateLogger<ConnectionStateClient>();
        var tokens = TokenCache.Create(options, clock, logger, Metrics);
        var authorized = tokens is null ? invoker : invoker.Intercept(new AuthorizationInterceptor(tokens));
        var intercepted = authorized.Intercept(new CallInterceptor(options, clock, logger));
        Connect = new(intercepted);
        Pages = new(intercepted);
        Signals = new(intercepted);
        Plans = new(intercepted);
        Watches = new(intercepted);
        Feeds = new(intercepted);
        Fleet = new(intercepted);
        Tokens = new(intercepted);
        Merchants = new(intercepted);
        Watcher = watcher
            ?? new PageListWatcher(Watches, options, tokens, clock, CreateLogger<PageListWatcher>(), Metrics, stopping.Token);
        createCacheSource = watcher is not null
            ? () => new WatcherSource(watcher)
            : () => new SharedWatch(
                Watches, new WatcherSource(Watcher), options, tokens, clock, CreateLogger<PageListCache>(), Metrics, stopping.Token);
    }

    private ConnectionStateClient(GrpcChannel channel, ConnectionStateClientOptions options, ILoggerFactory? loggerFactory)
        : this(channel.CreateCallInvoker(), options, TimeProvider.System, loggerFactory, null) => this.channel = channel;

    /// <summary>Connects pages.</summary>
    public ConnectService.ConnectServiceClient Connect { get; }

    /// <summary>Page lists, connections and their history.</summary>
    public PageService.PageServiceClient Pages { get; }

    /// <summary>
    /// Signals of providers, successes, and renewed tokens. <see cref="PageReporter"/> does for a sender what these calls need.
    /// </summary>
    public SignalService.SignalServiceClient Signals { get; }

    /// <summary>Plans and quotas.</summary>
    public PlanService.PlanServiceClient Plans { get; }

    /// <summary>The watch stream as it is on the wire. Its caller must resume it; <see cref="Watcher"/> does that for you.</summary>
    public WatchService.WatchServiceClient Watches { get; }

    /// <summary>The feed of all merchants' changes as it is on the wire.</summary>
    public FeedService.FeedServiceClient Feeds { get; }

    /// <summary>Lists and counts over all merchants.</summary>
    public FleetService.FleetServiceClient Fleet { get; }

    /// <summary>Issues and revokes tokens for the browser of one merchant.</summary>
    public TokenService.TokenServiceClient Tokens { get; }

    /// <summary>Erases merchants.</summary>
    public MerchantService.MerchantServiceClient Merchants { get; }

    /// <summary>Watches page lists and resumes by itself.</summary>
    public IPageListWatcher Watcher { get; }

    internal ConnectionStateClientOptions Options { get; }

    internal TimeProvider Clock { get; }

    internal ClientMetrics Metrics { get; }

    /// <summary>
    /// Stops the watches and closes the client's own channel. Watches in progress throw <see cref="ObjectDisposedException"/>. A channel of
    /// the client factory stays open until the application ends.
    /// </summary>
    public void Dispose()
    {
        stopping.Cancel();
        channel?.Dispose();
        if (ownsMetrics)
        {
            Metrics.Dispose();
        }
    }

    internal CacheSource CreateCacheSource() => createCacheSource();

    internal ILogger CreateLogger<T>() => loggers.CreateLogger<T>();

    private static ConnectionStateClientOptions Validated(ConnectionStateClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ConnectionStateClientOptionsValidator.ThrowIfInvalid(options);
        return options;
    }

    private static GrpcChannel CreateChannel(
        ConnectionStateClientOptions options, Action<GrpcChannelOptions>? configure, ILoggerFactory? loggerFactory)
    {
        Validated(options);
        var handler = ChannelDefaults.CreateHandler();
        var channelOptions = new GrpcChannelOptions { HttpHandler = handler, LoggerFactory = loggerFactory };
        ChannelDefaults.Apply(channelOptions, options);
        configure?.Invoke(channelOptions);

        // The default handler is closed with the channel; one that the caller set is the caller's.
        channelOptions.DisposeHttpClient |= channelOptions.HttpHandler == handler;
        return GrpcChannel.ForAddress(options.Address, channelOptions);
    }
}
