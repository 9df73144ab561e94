namespace ConnectionStateService.Hosting;

/// <summary>
/// Leaves callers the time to read that the service ends. Streams fail with SHUTTING_DOWN at once; but clients give a connection up,
/// with all that they have not read of it, when they cannot write to it any more: be it an answer to a ping.
/// </summary>
internal sealed class ShutdownDrainDelay : IHostedLifecycleService
{
    private static readonly TimeSpan TimeToRead = TimeSpan.FromMilliseconds(500);

    /// <summary>When the process is asked to end: after the streams were told, and before the listeners stop.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.Delay(TimeToRead, cancellationToken);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
