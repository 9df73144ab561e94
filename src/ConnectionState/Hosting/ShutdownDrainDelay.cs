namespace ConnectionStateService.Hosting;

/// <summary>
/// Delays shutdown by 500 ms so that clients can read SHUTTING_DOWN before their connection closes. Streams fail at once when the service
/// stops, but a client drops what it has not read yet as soon as a write to the connection fails, even if it is only a reply to a ping.
/// </summary>
internal sealed class ShutdownDrainDelay : IHostedLifecycleService
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(500);

    // Called after ApplicationStopping was signalled and before Kestrel stops listening.
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.Delay(Delay, cancellationToken);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
