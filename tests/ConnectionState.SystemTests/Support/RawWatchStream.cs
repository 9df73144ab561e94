using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>One gRPC stream, or one merchant of a stream of many. It is opened at once, and read only on request.</summary>
internal sealed class RawWatchStream : IDisposable
{
    // Reached only by a test that hangs.
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(1);

    private readonly IAsyncStreamReader<WatchPageListResponse> messages;
    private readonly IDisposable? call;

    private RawWatchStream(IAsyncStreamReader<WatchPageListResponse> messages, WatchLog log, IDisposable? call = null) =>
        (this.messages, Log, this.call) = (messages, log, call);

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

        var call = client.Watches.WatchPageList(request, cancellationToken: cancellationToken);
        return new(call.ResponseStream, log, call);
    }

    /// <summary>Adds a merchant to a stream of many. Disposing the stream of many ends this one.</summary>
    public static async Task<RawWatchStream> ResumeAsync(ListsStream many, string merchantId, WatchLog log) =>
        new(await many.TryAddAsync(merchantId, log.Token) ?? throw new InvalidOperationException($"{merchantId} is on the stream."), log);

    public async Task<WatchPageListResponse> NextAsync()
    {
        Assert.True(await messages.MoveNext(CancellationToken.None).WaitAsync(Hang), "The stream ended.");
        Log.Add(messages.Current);
        return messages.Current;
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

    public void Dispose() => call?.Dispose();
}
