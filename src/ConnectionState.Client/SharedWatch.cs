using System.Security.Cryptography;
using System.Text;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace ConnectionStateService.Client;

/// <summary>
/// All merchants of a cache on one stream of the server. The stream is open while there are merchants. When it is lost, another one is opened and each
/// merchant resumes with its token.
/// </summary>
#pragma warning disable CA1001 // The source may be canceled at any time; it holds no unmanaged resource.
internal sealed class SharedWatch(
    WatchService.WatchServiceClient client,
    CacheSource fallback,
    ConnectionStateClientOptions options,
    TokenCache? tokens,
    TimeProvider clock,
    ILogger logger,
    ClientMetrics metrics,
    CancellationToken stopping)
    : CacheSource
#pragma warning restore CA1001
{
    // A silent stream has waited already, and its connection is about to be closed: the delay stays below 2 seconds by default.
    private const int MaxSilentAttempt = 3;

    private readonly object gate = new();
    private readonly Dictionary<string, SharedMerchant> merchants = new(StringComparer.Ordinal);

    // Guarded by the gate.
    private Task running = Task.CompletedTask;
    private bool isRunning;
    private CancellationTokenSource? idle;
    private SharedRequests? requests;
    private bool hasFallenBack;

    public override void Start(CacheEntry entry)
    {
        lock (gate)
        {
            if (!hasFallenBack)
            {
                var merchant = new SharedMerchant(entry);
                merchants[entry.MerchantId] = merchant;
                requests?.Add(merchant);
                Run();
                return;
            }
        }

        fallback.Start(entry);
    }

    public override void Stop(CacheEntry entry)
    {
        lock (gate)
        {
            if (!merchants.TryGetValue(entry.MerchantId, out var merchant) || merchant.Entry != entry)
            {
                return;
            }

            Remove(merchant);
        }

        entry.End(new OperationCanceledException("The merchant was removed from the cache."));
    }

    public override Task UntilIdleAsync()
    {
        lock (gate)
        {
            return running;
        }
    }

    // Without the execution context of the caller: the stream must not belong to that caller's trace.
    private void Run()
    {
        if (isRunning)
        {
            return;
        }

        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (isRunning, running) = (true, ended.Task);
        ThreadPool.UnsafeQueueUserWorkItem(static run => _ = run.self.RunAsync(run.ended), (self: this, ended), preferLocal: false);
    }

    private void Remove(SharedMerchant merchant)
    {
        merchants.Remove(merchant.Id);
        merchant.Retry?.Dispose();
        requests?.Remove(merchant.Id);
        if (merchants.Count == 0)
        {
            // Not on this thread: what waits would go on under the lock.
            _ = idle?.CancelAsync();
        }
    }

    private async Task RunAsync(TaskCompletionSource ended)
    {
        try
        {
            for (var attempt = 1; TryBegin() is { } stop; attempt++)
            {
                using var disposed = stopping.UnsafeRegister(static stop => ((CancellationTokenSource)stop!).Cancel(), stop);
                attempt = await RunStreamAsync(attempt, stop.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            EndAll(e);
        }

        ended.TrySetResult();
    }

    // Returns null if there is nothing to do.
    private CancellationTokenSource? TryBegin()
    {
        lock (gate)
        {
            idle = merchants.Count > 0 && !stopping.IsCancellationRequested ? new() : null;
            isRunning = idle is not null;
            if (isRunning)
            {
                return idle;
            }
        }

        if (stopping.IsCancellationRequested)
        {
            EndAll(new ObjectDisposedException(typeof(ConnectionStateClient).FullName));
        }

        return null;
    }

    // Returns the number of the attempt that has ended.
    private async Task<int> RunStreamAsync(int attempt, CancellationToken stop)
    {
        try
        {
            StreamReadResult<WatchPageListsResponse> read;
            using (var stream = new PageListsStream(client, options, tokens, clock, metrics))
            {
                read = await ReadAllAsync(stream, isReopened: attempt > 1, stop).ConfigureAwait(false);
                attempt = stream.HasReceived ? 1 : attempt;
                if (read.Failure is not null || !stream.HasReceived)
                {
                    HandleFailure(read.Failure);
                }
            }

            metrics.Reconnecting(read.Failure?.StatusCode ?? StatusCode.OK);
            if (!read.IsRenewal)
            {
                await DelayAsync(read.IsSilent ? Math.Min(attempt, MaxSilentAttempt) : attempt, read.Failure, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // There are no merchants any more, or the client is disposed.
        }

        return attempt;
    }

    private async Task<StreamReadResult<WatchPageListsResponse>> ReadAllAsync(PageListsStream stream, bool isReopened, CancellationToken stop)
    {
        SharedRequests? sent = null;
        try
        {
            StreamReadResult<WatchPageListsResponse> read;
            while ((read = await stream.ReadAsync(stop).ConfigureAwait(false)).Message is { } message)
            {
                sent ??= Open(stream, isReopened);
                foreach (var update in message.Updates)
                {
                    Apply(update, sent);
                }

                if (message.Checkpoint is { } checkpoint)
                {
                    Confirm(checkpoint);
                }
            }

            return read;
        }
        finally
        {
            await CloseAsync(sent).ConfigureAwait(false);
        }
    }

    private SharedRequests Open(PageListsStream stream, bool isReopened)
    {
        lock (gate)
        {
            requests = new SharedRequests(stream);
            foreach (var merchant in merchants.Values)
            {
                merchant.IsOnStream = false;
                requests.Add(merchant);
            }

            if (isReopened)
            {
                Log.CacheReconnected(logger, merchants.Count);
            }

            return requests;
        }
    }

    private async Task CloseAsync(SharedRequests? sent)
    {
        lock (gate)
        {
            requests = null;
        }

        if (sent is not null)
        {
            await sent.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Apply(WatchPageListsResponse.Types.Update update, SharedRequests sent)
    {
        SharedMerchant? merchant;
        lock (gate)
        {
            // What was on its way when the merchant was removed is not for an entry that was added since.
            if (sent.IsOfRemoved(update) || !merchants.TryGetValue(update.MerchantId, out merchant))
            {
                return;
            }

            merchant.IsOnStream = update.Message is not null;
        }

        if (update.Message is { } message)
        {
            merchant.Attempt = 0;
            ReportLive(merchant.State);
            merchant.Entry.Apply(merchant.State.Apply(message));
        }
        else if (update.Failure is { } failure)
        {
            HandleFailure(merchant, ErrorMessages.Clarify(failure.ToRpcException(), options, null, null));
        }
    }

    private void ReportLive(WatchState state)
    {
        if (state.IsLive is null)
        {
            Log.WatchStarted(logger, state.MerchantId);
        }
        else if (state.IsLive is false)
        {
            metrics.Recovered(clock.GetElapsedTime(state.StaleSince));
        }
    }

    private void Confirm(WatchPageListsResponse.Types.Checkpoint checkpoint)
    {
        List<SharedMerchant> confirmed;
        lock (gate)
        {
            confirmed = [.. merchants.Values.Where(merchant => merchant.IsOnStream)];
        }

        foreach (var merchant in confirmed)
        {
            if (checkpoint.UnconfirmedPartitions.Count == 0 || !checkpoint.UnconfirmedPartitions.Contains(PartitionOf(merchant.Id)))
            {
                merchant.Entry.Confirm();
            }
        }
    }

    private static int PartitionOf(string merchantId) => SHA256.HashData(Encoding.UTF8.GetBytes(merchantId))[0];

    // The failure of one merchant: it is added again later, unless that cannot succeed.
    private void HandleFailure(SharedMerchant merchant, RpcException failure)
    {
        var error = failure.GetConnectionStateError();
        merchant.State.HandleRefusedToken(error);
        if (merchant.State.IsPermanent(error))
        {
            Log.WatchFailed(logger, merchant.Id, error.StatusCode, error.Message);
            End(merchant, failure);
            return;
        }

        if (merchant.State.IsLive is not false)
        {
            Log.WatchStale(logger, merchant.Id, error.Message);
            merchant.Entry.Apply(merchant.State.MarkStale(failure, clock.GetTimestamp()));
        }

        lock (gate)
        {
            if (merchants.GetValueOrDefault(merchant.Id) == merchant)
            {
                merchant.Attempt++;
                merchant.Retry?.Dispose();
                merchant.Retry = clock.CreateTimer(
                    _ => AddAgain(merchant), null, DelayOf(merchant.Attempt, error), Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void AddAgain(SharedMerchant merchant)
    {
        lock (gate)
        {
            if (merchants.GetValueOrDefault(merchant.Id) == merchant)
            {
                requests?.Add(merchant);
            }
        }
    }

    // The failure of the stream, or null if it ended before its first message.
    private void HandleFailure(RpcException? failure)
    {
        var error = failure?.GetConnectionStateError();
        if (error is { StatusCode: StatusCode.Unimplemented })
        {
            FallBack();
            return;
        }

        List<SharedMerchant> all;
        lock (gate)
        {
            all = [.. merchants.Values];
        }

        Log.CacheStale(logger, all.Count, error?.Message ?? "the stream ended without a message");
        foreach (var merchant in all)
        {
            if (merchant.State.IsPermanent(error))
            {
                End(merchant, failure!);
            }
            else if (merchant.State.IsLive is not false)
            {
                merchant.Entry.Apply(merchant.State.MarkStale(failure, clock.GetTimestamp()));
            }
        }
    }

    private void End(SharedMerchant merchant, RpcException failure)
    {
        lock (gate)
        {
            if (merchants.GetValueOrDefault(merchant.Id) == merchant)
            {
                Remove(merchant);
            }
        }

        merchant.Entry.End(failure);
    }

    // An older server, or a proxy that does not let the method through.
    private void FallBack()
    {
        Log.CacheFallsBack(logger);
        List<SharedMerchant> all;
        lock (gate)
        {
            hasFallenBack = true;
            all = [.. merchants.Values];
            merchants.Clear();
        }

        all.ForEach(merchant => fallback.Start(merchant.Entry));
    }

    private void EndAll(Exception exception)
    {
        List<SharedMerchant> all;
        lock (gate)
        {
            isRunning = false;
            all = [.. merchants.Values];
            merchants.Clear();
        }

        all.ForEach(merchant => merchant.Entry.End(exception));
    }

    private Task DelayAsync(int attempt, RpcException? failure, CancellationToken stop) =>
        Task.Delay(DelayOf(attempt, failure?.GetConnectionStateError()), clock, stop);

    private TimeSpan DelayOf(int attempt, ConnectionStateError? error)
    {
        var delay = Backoff.NextDelay(attempt, options.InitialWatchBackoff, options.MaxWatchBackoff);
        return error?.RetryDelay is not { } requested ? delay
            : delay + (requested < options.MaxWatchBackoff ? requested : options.MaxWatchBackoff);
    }
}
