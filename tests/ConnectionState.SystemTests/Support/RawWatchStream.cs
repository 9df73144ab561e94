using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>One gRPC stream. It is opened at once, and read only on request.</summary>
internal sealed class RawWatchStream : IDisposable
{
    // Reached only by a test that hangs.
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(1);

    private readonly AsyncServerStreamingCall<WatchPageListResponse> call;

    private RawWatchStream(AsyncServerStreamingCall<WatchPageListResponse> call, WatchLog log) => (this.call, Log) = (call, log);

    public WatchLog Log { get; }

    /// <summary>Opens a stream without a resume token.</summary>
    public static RawWatchStream Open(ConnectionStateClient client, string merchantId) => Resume(client, merchantId, new WatchLog());

    /// <summary>Opens a stream that resumes from the last token in the log. Canceling the token cancels the call.</summary>
    public static RawWatchStream Resume(
        ConnectionStateClient client, string merchantId, WatchLog log, CancellationToken cancellationToken = default)
    {
        var request = new WatchPageListRequest { MerchantId = merchantId };
        if (log.Token is { } token)
        {
            request.ResumeToken = token;
        }

        return new(client.Watches.WatchPageList(request, cancellationToken: cancellationToken), log);
    }

    public async Task<WatchPageListResponse> NextAsync()
    {
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Hang), "The stream ended.");
        Log.Add(call.ResponseStream.Current);
        return call.ResponseStream.Current;
    }

    public async Task ReadUntilAsync(long revision)
    {
        while (Log.Revision < revision)
        {
            await NextAsync();
        }
    }

    /// <summary>Reads until the stream fails, and returns the error.</summary>
    /// <exception cref="OperationCanceledException">The call was canceled.</exception>
    public async Task<ConnectionStateError> ReadUntilFailureAsync()
    {
        while (true)
        {
            try
            {
                await NextAsync();
            }
            catch (RpcException e)
            {
                return e.GetConnectionStateError();
            }
        }
    }

    public void Dispose() => call.Dispose();
}
