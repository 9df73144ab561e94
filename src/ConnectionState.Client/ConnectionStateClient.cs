using System.ComponentModel.DataAnnotations;
using ConnectionStateService.V1;
using Grpc.Net.Client;

namespace ConnectionStateService.Client;

/// <summary>
/// The way to ConnectionState: one typed client for each service, over channels of its own. Safe for any number of threads; make one and keep it.
/// </summary>
/// <remarks>
/// Every call has a deadline, and a request id that the library makes where the caller gave none. Calls that fail with UNAVAILABLE or
/// ABORTED are tried again with the same id. Failures are <see cref="ConnectionStateException"/>s.
/// </remarks>
public sealed class ConnectionStateClient : IDisposable
{
    // More than the largest reply: the service never has to wait for the permission to send the rest of one.
    private const int ReplyWindow = 1 << 20;

    // As HTTP/2 has it: what a slow reader has not asked for yet, the service makes one message of.
    private const int StreamWindow = (1 << 16) - 1;

    private readonly GrpcChannel channel;
    private readonly GrpcChannel streams;
    private readonly StreamChannels channels;

    /// <summary>Makes a client; it connects when it is first used.</summary>
    /// <exception cref="ValidationException">An option is out of its range.</exception>
    public ConnectionStateClient(ConnectionStateClientOptions options)
        : this(options, TimeProvider.System)
    {
    }

    internal ConnectionStateClient(ConnectionStateClientOptions options, TimeProvider clock)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        (Options, Clock) = (options, clock);
        channel = OpenChannel(ReplyWindow);
        streams = OpenChannel(StreamWindow);
        channels = new StreamChannels(() => OpenChannel(StreamWindow), opened => new(Invoker(opened)));
        var invoker = Invoker(channel);
        Connect = new ConnectService.ConnectServiceClient(invoker);
        Pages = new PageService.PageServiceClient(invoker);
        Signals = new SignalService.SignalServiceClient(invoker);
        Plans = new PlanService.PlanServiceClient(invoker);
        Watches = new WatchService.WatchServiceClient(Invoker(streams));
        Watcher = new PageListWatcher(channels, options, clock);
    }

    /// <summary>Connecting pages.</summary>
    public ConnectService.ConnectServiceClient Connect { get; }

    /// <summary>Page lists, connections and their history.</summary>
    public PageService.PageServiceClient Pages { get; }

    /// <summary>What providers tell, and renewed tokens.</summary>
    public SignalService.SignalServiceClient Signals { get; }

    /// <summary>Plans.</summary>
    public PlanService.PlanServiceClient Plans { get; }

    /// <summary>The stream as it is on the wire; who uses it resumes by himself. <see cref="Watcher"/> does it for you.</summary>
    public WatchService.WatchServiceClient Watches { get; }

    /// <summary>Page lists that stay right.</summary>
    public PageListWatcher Watcher { get; }

    internal ConnectionStateClientOptions Options { get; }

    internal TimeProvider Clock { get; }

    /// <summary>Closes the connections. Calls and watches under way fail.</summary>
    public void Dispose()
    {
        channel.Dispose();
        streams.Dispose();
        channels.Dispose();
    }

    private GrpcChannel OpenChannel(int window) => GrpcChannel.ForAddress(Options.Address, ChannelOptions(Options, window));

    private RetryingInvoker Invoker(GrpcChannel opened) => new(opened.CreateCallInvoker(), Options, Clock);

    private static GrpcChannelOptions ChannelOptions(ConnectionStateClientOptions options, int window)
    {
        var handler = new SocketsHttpHandler
        {
            // A connection carries about 100 calls at a time; more calls open more connections.
            EnableMultipleHttp2Connections = true,
            InitialHttp2StreamWindowSize = window,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            // New streams then go to a new connection, and so perhaps to another process of the service.
            PooledConnectionLifetime = TimeSpan.FromMinutes(20),
        };
        var channelOptions = new GrpcChannelOptions
        {
            HttpHandler = handler,
            // Who calls waits by himself, and longer each time; a channel that refuses to try would only come on top.
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(100),
            MaxReconnectBackoff = TimeSpan.FromSeconds(1),
        };
        options.ConfigureChannel?.Invoke(channelOptions);

        // Ours goes with the channel; what the caller brought is the caller's.
        channelOptions.DisposeHttpClient |= channelOptions.HttpHandler == handler;
        return channelOptions;
    }
}
