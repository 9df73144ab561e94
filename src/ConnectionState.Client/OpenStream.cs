using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>What a stream has said: a message, or how it ended, or nothing of both when it ended well.</summary>
internal readonly record struct StreamReadResult(WatchPageListResponse? Message, ConnectionStateException? Failure);

/// <summary>One stream, from its opening to its end, with a watchdog: a connection may be lost without anybody saying so.</summary>
internal sealed class OpenStream : IDisposable
{
    // A checkpoint may be late without anything being wrong.
    private const int MissedCheckpoints = 3;

    private readonly StreamChannels.Lease lease;
    private readonly AsyncServerStreamingCall<WatchPageListResponse> call;
    private readonly ConnectionStateClientOptions options;
    private readonly TimeProvider clock;
    private TimeSpan patience;

    public OpenStream(StreamChannels channels, WatchPageListRequest request, ConnectionStateClientOptions options, TimeProvider clock)
    {
        (this.options, this.clock, patience) = (options, clock, options.WatchOpenTimeout);
        lease = channels.Take();
        try
        {
            call = lease.Client.WatchPageList(request);
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>There was a message.</summary>
    public bool HasSpoken { get; private set; }

    /// <summary>Waits for what the stream says next, and no longer than it may be quiet.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<StreamReadResult> NextAsync(CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            if (!await call.ResponseStream.MoveNext(either.Token).ConfigureAwait(false))
            {
                return default;
            }

            HasSpoken = true;
            var message = call.ResponseStream.Current;
            patience = message.CheckpointInterval?.ToTimeSpan() * MissedCheckpoints ?? patience;
            return new StreamReadResult(message, null);
        }
        catch (ConnectionStateException e)
        {
            return new StreamReadResult(null, e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            lease.Retire();
            var silent = new Status(StatusCode.Unavailable, $"Nothing was heard on the stream for {patience}.");
            return new StreamReadResult(null, ErrorDetails.ToException(new RpcException(silent), options.Address));
        }
    }

    public void Dispose()
    {
        call.Dispose();
        lease.Dispose();
    }
}
