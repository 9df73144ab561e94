using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;

namespace ConnectionStateService.Client;

/// <summary>
/// Reports successes and errors of calls to providers. Successes are sampled to one per page, grant and
/// <see cref="ConnectionStateClientOptions.SuccessReportInterval"/>, and sent in the background within about a second, up to 100 in one call.
/// After a reported error, or when the cache shows the page as suspect or lost, the next success is not sampled away. Reports are dropped if the
/// server cannot be reached; later successes are reported again. Thread-safe; create one and keep it.
/// </summary>
public sealed class PageReporter : IPageReporter, IDisposable, IAsyncDisposable
{
    // Of the samples, and of the successes that wait to be sent.
    internal const int Capacity = 10_000;

    private static readonly TimeSpan SendDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DisposeTimeout = TimeSpan.FromSeconds(2);

    private readonly object gate = new();
    private readonly Queue<SuccessReport> pending = new();
    private readonly SuccessSampler sampler;
    private readonly SuccessSender sender;
    private readonly SignalService.SignalServiceClient signals;
    private readonly PageListCache? cache;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly ClientMetrics metrics;
    private readonly ITimer timer;

    // Not disposed: it holds no unmanaged resource, and a call may still use it.
    private readonly CancellationTokenSource stop = new();

    // From when the timer is started until what waited then has been sent.
    private bool isScheduled;
    private Task sending = Task.CompletedTask;
    private int reportedInvalid;
    private bool disposed;

    /// <summary>Creates a reporter.</summary>
    /// <param name="client">The client to report with; it must outlive the reporter.</param>
    /// <param name="cache">
    /// Tells which pages are suspect or lost, or null if there is no cache. The reporter does not watch merchants; it looks at those that the
    /// cache watches anyway.
    /// </param>
    public PageReporter(ConnectionStateClient client, PageListCache? cache = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        (this.cache, clock, metrics, logger, signals) = (cache, client.Clock, client.Metrics, client.CreateLogger<PageReporter>(), client.Signals);
        sampler = new SuccessSampler(Capacity, client.Options.SuccessReportInterval, clock);
        sender = new SuccessSender(signals, metrics, logger);
        timer = CreateTimer();
    }

    /// <inheritdoc/>
    public void ReportSuccess(string merchantId, PageRef page, string? grantId)
    {
        if (!MerchantId.IsValid(merchantId) || !MerchantId.IsValid(page?.PageId) || page!.Provider is Provider.Unspecified || grantId?.Length > 64)
        {
            ReportInvalid(merchantId, page);
            return;
        }

        var key = new SuccessKey(new PageKey(merchantId, page.Provider, page.PageId), grantId ?? "");
        var observedAt = clock.GetUtcNow();
        var suspectRevision = FindSuspectRevision(key, page);
        lock (gate)
        {
            if (disposed)
            {
                return;
            }

            if (sampler.Take(key, suspectRevision) is { } number)
            {
                Enqueue(new SuccessReport(key, number, observedAt));
            }
            else
            {
                metrics.SuccessReports(1, "sampled");
            }
        }
    }

    /// <inheritdoc/>
    public async Task<ReportProviderErrorResponse> ReportErrorAsync(
        string merchantId,
        PageRef page,
        string? grantId,
        int code,
        int? subcode = null,
        string message = "",
        ProviderObject requestedObject = ProviderObject.Unspecified,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(merchantId);
        ArgumentNullException.ThrowIfNull(page);
        ArgumentNullException.ThrowIfNull(message);
        var request = CreateRequest(merchantId, page, grantId, code, subcode, message, requestedObject, clock.GetUtcNow());
        var isAboutPage = true;
        try
        {
            var response = await signals.ReportProviderErrorAsync(request, cancellationToken: cancellationToken).ConfigureAwait(false);
            isAboutPage = response.Strength is not SignalStrength.None;
            return response;
        }
        finally
        {
            if (isAboutPage)
            {
                lock (gate)
                {
                    sampler.NoteError(new PageKey(merchantId, page.Provider, page.PageId));
                }
            }
        }
    }

    /// <summary>Sends the successes that wait, for up to 2 seconds. Blocks meanwhile; prefer <see cref="DisposeAsync"/>.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Sends the successes that wait, for up to 2 seconds. Successes reported afterwards are ignored.</summary>
    public async ValueTask DisposeAsync()
    {
        Task current;
        lock (gate)
        {
            if (disposed)
            {
                return;
            }

            (disposed, current) = (true, sending);
        }

        // By the system clock, whatever clock is registered: a fake one must not keep a process from ending.
        stop.CancelAfter(DisposeTimeout);
        await timer.DisposeAsync().ConfigureAwait(false);
        await SendPendingAsync().ConfigureAwait(false);
        await current.ConfigureAwait(false);
    }

    private static ReportProviderErrorRequest CreateRequest(
        string merchantId,
        PageRef page,
        string? grantId,
        int code,
        int? subcode,
        string message,
        ProviderObject requestedObject,
        DateTimeOffset observedAt)
    {
        var request = new ReportProviderErrorRequest
        {
            MerchantId = merchantId,
            Page = page,
            Code = code,
            Message = ProviderMessage.Clean(message),
            Object = requestedObject,
            ObservedAt = Timestamp.FromDateTimeOffset(observedAt),
        };
        if (!string.IsNullOrEmpty(grantId))
        {
            request.GrantId = grantId;
        }

        if (subcode is { } known)
        {
            request.Subcode = known;
        }

        return request;
    }

    private ITimer CreateTimer()
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return clock.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        // Without the execution context of the creator: the calls must not belong to its trace.
        using (ExecutionContext.SuppressFlow())
        {
            return clock.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    // The revision at which the page became suspect or lost under this grant, as far as the cache knows, or 0.
    private long FindSuspectRevision(SuccessKey key, PageRef page)
    {
        if (cache?.Peek(key.Page.MerchantId)?.Find(page) is not { } connection)
        {
            return 0;
        }

        var canHelp = connection.GrantId == key.GrantId
            ? connection.IsSuspect() || connection.IsLost()
            : connection.IsSuspect() && key.GrantId.Length == 0;
        return canHelp ? connection.Revision : 0;
    }

    // Runs under the lock.
    private void Enqueue(SuccessReport report)
    {
        if (pending.Count == Capacity)
        {
            sampler.Forget(pending.Dequeue());
            metrics.SuccessReports(1, "dropped");
        }

        pending.Enqueue(report);
        if (!isScheduled)
        {
            isScheduled = true;
            timer.Change(SendDelay, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnTimer()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (disposed)
            {
                return;
            }

            sending = done.Task;
        }

        _ = SendAndScheduleAsync(done);
    }

    private async Task SendAndScheduleAsync(TaskCompletionSource done)
    {
        await SendPendingAsync().ConfigureAwait(false);
        lock (gate)
        {
            isScheduled = pending.Count > 0 && !disposed;
            if (isScheduled)
            {
                timer.Change(SendDelay, Timeout.InfiniteTimeSpan);
            }
        }

        done.SetResult();
    }

    private async Task SendPendingAsync()
    {
        while (TakeBatch() is { Count: > 0 } batch)
        {
            var (isAnswered, unhandled) = await sender.SendAsync(batch, stop.Token).ConfigureAwait(false);
            lock (gate)
            {
                foreach (var report in unhandled)
                {
                    sampler.Forget(report);
                }
            }

            if (!isAnswered)
            {
                // The others wait for the next attempt, so that a server that is down gets one call per second.
                return;
            }
        }
    }

    private List<SuccessReport> TakeBatch()
    {
        var batch = new List<SuccessReport>();
        lock (gate)
        {
            while (batch.Count < SuccessSender.MaxBatch && pending.TryDequeue(out var report))
            {
                batch.Add(report);
            }
        }

        return batch;
    }

    private void ReportInvalid(string? merchantId, PageRef? page)
    {
        metrics.SuccessReports(1, "invalid");
        if (Interlocked.Exchange(ref reportedInvalid, 1) == 0)
        {
            Log.ReportInvalid(logger, merchantId, page);
        }
    }
}
