using System.Runtime.InteropServices;
using ConnectionStateService.Store;

namespace ConnectionStateService.Hosting;

/// <summary>Logs when the service has started, with its version, addresses and store; why it stops; and how long stopping took.</summary>
internal sealed partial class LifetimeLog(
    IStoreLifecycle store, BoundEndpoints endpoints, IHostApplicationLifetime lifetime, TimeProvider timeProvider, ILogger<LifetimeLog> logger)
    : IHostedService, IDisposable
{
    private static readonly PosixSignal[] StopSignals = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT];

    private readonly List<IDisposable> registrations = [];
    private volatile string reason = "the application requested it";
    private long stopping;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // The host has already registered its own handlers. The handler that was registered last is called first.
        registrations.AddRange(StopSignals.Select(signal => PosixSignalRegistration.Create(signal, context => reason = $"{context.Signal}")));
        registrations.Add(lifetime.ApplicationStarted.Register(OnStarted));
        registrations.Add(lifetime.ApplicationStopping.Register(OnStopping));
        registrations.Add(lifetime.ApplicationStopped.Register(OnStopped));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => registrations.ForEach(registration => registration.Dispose());

    private void OnStarted() => Log.Started(logger, Usage.Version, endpoints.Grpc, endpoints.Http, store.Description);

    private void OnStopping()
    {
        stopping = timeProvider.GetTimestamp();
        Log.Stopping(logger, reason);
    }

    private void OnStopped() => Log.Stopped(logger, timeProvider.GetElapsedTime(stopping).TotalMilliseconds);

    private static partial class Log
    {
        [LoggerMessage(1001, LogLevel.Information, "ConnectionState {Version} serves gRPC on {GrpcAddress} and HTTP on {HttpAddress}; store: {Store}")]
        public static partial void Started(ILogger logger, string version, string grpcAddress, string httpAddress, string store);

        [LoggerMessage(1002, LogLevel.Information, "Stopping: {Reason}.")]
        public static partial void Stopping(ILogger logger, string reason);

        [LoggerMessage(1003, LogLevel.Information, "Stopped after {Milliseconds:F0} ms.")]
        public static partial void Stopped(ILogger logger, double milliseconds);
    }
}
