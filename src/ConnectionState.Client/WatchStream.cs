using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>The result of a read: a message, a failure, or neither if the stream has ended with OK.</summary>
/// <param name="Message">The message, or null.</param>
/// <param name="Failure">The failure, or null.</param>
/// <param name="IsFirst">True if the message is the first of its stream.</param>
/// <param name="IsSilent">True if the watchdog gave the stream up.</param>
internal readonly record struct StreamReadResult(
    WatchPageListResponse? Message, RpcException? Failure, bool IsFirst = false, bool IsSilent = false);

/// <summary>One stream, with a watchdog for connections that are lost without an error.</summary>
internal sealed class WatchStream : IDisposable
{
    // A checkpoint may be late without anything being wrong.
    private const int MissedCheckpoints = 3;

    private readonly AsyncServerStreamingCall<WatchPageListResponse> call;
    private readonly Uri address;
    private readonly TimeProvider clock;
    private readonly ClientMetrics metrics;
    private TimeSpan timeout;

    public WatchStream(
        WatchService.WatchServiceClient client,
        WatchPageListRequest request,
        ConnectionStateClientOptions options,
        TimeProvider clock,
        ClientMetrics metrics)
    {
        (address, this.clock, this.metrics, timeout) = (options.Address, clock, metrics, options.WatchOpenTimeout);
        call = client.WatchPageList(request);
        metrics.StreamOpened();
    }

    public bool HasReceived { get; private set; }

    /// <summary>Reads the next message, and gives the stream up after three missed checkpoints.</summary>
    /// <exception cref="OperationCanceledException">The caller stopped the watch.</exception>
    public async Task<StreamReadResult> ReadAsync(CancellationToken cancellationToken)
    {
        using var watchdog = new CancellationTokenSource(timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(watchdog.Token, cancellationToken);
        try
        {
            if (!await call.ResponseStream.MoveNext(either.Token).ConfigureAwait(false))
            {
                return default;
            }

            var isFirst = !HasReceived;
            HasReceived = true;
            var message = call.ResponseStream.Current;
            timeout = message.CheckpointInterval?.ToTimeSpan() * MissedCheckpoints ?? timeout;
            return new StreamReadResult(message, null, isFirst);
        }
        catch (RpcException e)
        {
            return new StreamReadResult(null, e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var detail = $"No message from ConnectionState at {address} for {timeout}; the connection is considered lost.";
            var failure = new RpcException(new Status(StatusCode.Unavailable, detail), $"{StatusCode.Unavailable}: {detail}");
            return new StreamReadResult(null, failure, IsSilent: true);
        }
    }

    public void Dispose()
    {
        call.Dispose();
        metrics.StreamClosed();
    }
}
