using ConnectionStateService.Auth;
using Grpc.Core;

namespace ConnectionStateService.Rpc;

/// <summary>
/// Ends a stream with its call, with the service, with the credential of its caller, and with OK when its lifetime is over, so that its caller resumes it
/// elsewhere.
/// </summary>
internal sealed class StreamEnding(AuthorizedStreams streams, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    /// <summary>Writes a stream until it ends.</summary>
    /// <param name="context">The call.</param>
    /// <param name="streamLifetime">The minimum lifetime; the maximum is twice that.</param>
    /// <param name="writeAsync">Writes messages until the token is canceled.</param>
    /// <exception cref="RpcException">The credential of the caller has ended.</exception>
    public async Task RunAsync(ServerCallContext context, TimeSpan streamLifetime, Func<CancellationToken, Task> writeAsync)
    {
        using var authorization = streams.Begin(context.GetHttpContext());
        using var expired = new CancellationTokenSource(streamLifetime * (1 + Random.Shared.NextDouble()), clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            [context.CancellationToken, lifetime.ApplicationStopping, expired.Token, authorization.Ended]);
        try
        {
            await writeAsync(ending.Token);
        }
        catch (OperationCanceledException) when (authorization.Fault is { } ended && !lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw RpcErrors.ToException(ended);
        }
        catch (OperationCanceledException) when (expired.IsCancellationRequested && !lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Its lifetime is over.
        }
    }
}
