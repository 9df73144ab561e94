using System.Threading.Channels;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Tests.Client;

/// <summary>Fakes the server's side of a stream of many merchants: each merchant that is added is handed to the test as a stream.</summary>
internal sealed class ScriptedLists(ScriptedStreams service, string? authorization)
    : IClientStreamWriter<WatchPageListsRequest>, IAsyncStreamReader<WatchPageListsResponse>
{
    private readonly Channel<WatchPageListsResponse> messages = NewMessages();
    private readonly Lock gate = new();
    private readonly Dictionary<string, ScriptedStream> merchants = [];
    private readonly List<WatchPageListsRequest> requests = [];

    public WriteOptions? WriteOptions { get; set; }

    public WatchPageListsResponse Current { get; private set; } = null!;

    public bool IsClosed { get; private set; }

    /// <summary>The requests so far.</summary>
    public IReadOnlyList<WatchPageListsRequest> Requests
    {
        get
        {
            lock (gate)
            {
                return [.. requests];
            }
        }
    }

    /// <summary>Whether removes are answered at once; otherwise by <see cref="AnswerRemove"/>.</summary>
    public bool AnswersRemoves { get; set; } = true;

    public void Send(WatchPageListsResponse message) => messages.Writer.TryWrite(message);

    /// <summary>Sends a message of one merchant. A checkpoint may be one for all merchants.</summary>
    public void Send(string merchantId, WatchPageListResponse message, bool isForAll)
    {
        message.CheckpointInterval = null;
        Send(isForAll && message.Checkpoint is not null
            ? new() { Checkpoint = new() }
            : new WatchPageListsResponse { Updates = { new WatchPageListsResponse.Types.Update { MerchantId = merchantId, Message = message } } });
    }

    public void Send(string merchantId, RpcException failure) => Send(new WatchPageListsResponse
    {
        Updates =
        {
            new WatchPageListsResponse.Types.Update
            {
                MerchantId = merchantId,
                Failure = failure.GetRpcStatus() ?? new() { Code = (int)failure.StatusCode, Message = failure.Status.Detail },
            },
        },
    });

    public void AnswerRemove(string merchantId) => Send(new WatchPageListsResponse
    {
        Updates = { new WatchPageListsResponse.Types.Update { MerchantId = merchantId, Removed = new() } },
    });

    public void End() => messages.Writer.TryComplete();

    /// <summary>Fails before the first message. Must be called before the stream is read.</summary>
    public void Refuse(RpcException failure)
    {
        messages.Reader.TryRead(out _);
        Fail(failure);
    }

    public void Fail(RpcException failure) => messages.Writer.TryComplete(failure);

    public void Close()
    {
        lock (gate)
        {
            IsClosed = true;
            foreach (var stream in merchants.Values)
            {
                stream.Close();
            }
        }
    }

    public Task WriteAsync(WatchPageListsRequest message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(WatchPageListsRequest message, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            requests.Add(message);
            foreach (var remove in message.Removes)
            {
                if (merchants.Remove(remove.MerchantId, out var removed))
                {
                    removed.Close();
                }

                if (AnswersRemoves)
                {
                    AnswerRemove(remove.MerchantId);
                }
            }

            foreach (var add in message.Adds)
            {
                var request = new WatchPageListRequest { MerchantId = add.MerchantId };
                if (add.HasResumeToken)
                {
                    request.ResumeToken = add.ResumeToken;
                }

                merchants[add.MerchantId] = new ScriptedStream(request, authorization, this);
                service.Add(merchants[add.MerchantId]);
            }
        }

        return Task.CompletedTask;
    }

    public Task CompleteAsync() => Task.CompletedTask;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        try
        {
            if (!await messages.Reader.WaitToReadAsync(cancellationToken))
            {
                return false;
            }
        }
        catch (OperationCanceledException e)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "Call canceled by the client.", e));
        }

        Assert.True(messages.Reader.TryRead(out var message));
        Current = message;
        return true;
    }

    // No test waits for the watchdog of the stream.
    private static Channel<WatchPageListsResponse> NewMessages()
    {
        var channel = Channel.CreateUnbounded<WatchPageListsResponse>();
        channel.Writer.TryWrite(new() { CheckpointInterval = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromDays(1)) });
        return channel;
    }
}
