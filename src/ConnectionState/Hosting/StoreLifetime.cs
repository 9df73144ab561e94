using ConnectionStateService.Store;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace ConnectionStateService.Hosting;

/// <summary>Opens the store before anything listens, and says in one line where everything is once it does.</summary>
internal sealed class StoreLifetime(IConnectionStore store, IServer server) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => store.OpenAsync(cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var addresses = server.Features.Get<IServerAddressesFeature>()?.Addresses.ToArray();
        var (grpc, http) = addresses is [var first, var second] ? (first, second) : ("in process", "in process");
        return Console.Out.WriteLineAsync($"ConnectionState serves gRPC on {grpc} and HTTP on {http}; store: {store.Description}");
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
