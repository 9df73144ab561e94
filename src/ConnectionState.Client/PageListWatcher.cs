using System.Runtime.CompilerServices;
using ConnectionState.V1;
using Grpc.Core;

namespace ConnectionState.Client;

/// <summary>
/// Watches page lists for as long as somebody wants to know them: goes on by itself after restarts, failovers and lost connections,
/// without missing a change, and says honestly when it does not know. Safe for any number of threads and watches.
/// </summary>
public sealed class PageListWatcher
{
    private readonly StreamChannels channels;
    private readonly ConnectionStateClientOptions options;
    private readonly TimeProvider clock;

    internal PageListWatcher(StreamChannels channels, ConnectionStateClientOptions options, TimeProvider clock) =>
        (this.channels, this.options, this.clock) = (channels, options, clock);

    /// <summary>
    /// Watches a merchant's page list until the caller stops. The first update comes as soon as the service is reached, or could not
    /// be; from then on each change, each confirmation, and each loss of the stream is one. A slow caller gets the newest list rather
    /// than every change.
    /// </summary>
    /// <param name="merchantId">The merchant.</param>
    /// <param name="resumeToken">The token of an earlier update, to go on exactly after it; none: from the present.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="ConnectionStateException">
    /// The watch can never succeed: the merchant id or the resume token is none, the caller may not watch, or the service does not
    /// know this call.
    /// </exception>
    public async IAsyncEnumerable<PageListUpdate> WatchAsync(
        string merchantId, string? resumeToken = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var view = new View(resumeToken);
        for (var retry = 1; ; retry++)
        {
            var openedAt = clock.GetTimestamp();
            Heard heard;
            using (var stream = new OpenStream(channels.Take(), view.Request(merchantId), options, clock))
            {
                while ((heard = await stream.NextAsync(cancellationToken).ConfigureAwait(false)).Message is { } message)
                {
                    yield return view.Update(message);
                }
            }

            // A stream that lives its life and ends well is followed by the next; nobody needs to know.
            var lasted = clock.GetElapsedTime(openedAt) >= options.Deadline;
            retry = lasted ? 1 : retry;
            var endedWell = heard.Failure is null && lasted;
            if (!endedWell)
            {
                ThrowIfHopeless(heard.Failure);
                if (view.IsLive ?? true)
                {
                    yield return view.Lose(heard.Failure);
                }

                await Task.Delay(Wait(retry, heard.Failure), clock, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static void ThrowIfHopeless(ConnectionStateException? failure)
    {
        if (failure?.StatusCode is StatusCode.InvalidArgument or StatusCode.Unimplemented or StatusCode.Unauthenticated
            or StatusCode.PermissionDenied)
        {
            throw failure;
        }
    }

    private TimeSpan Wait(int retry, ConnectionStateException? failure)
    {
        var drawn = Backoff.Draw(retry, options.InitialWatchBackoff, options.MaxWatchBackoff);
        return failure?.RetryAfter is { } asked ? asked + drawn : drawn;
    }

    /// <summary>What one watch knows.</summary>
    private sealed class View(string? resumeToken)
    {
        private string? token = resumeToken;
        private PageList? list;

        /// <summary>None: nothing was told yet.</summary>
        public bool? IsLive { get; private set; }

        public WatchPageListRequest Request(string merchantId)
        {
            var request = new WatchPageListRequest { MerchantId = merchantId };
            if (token is not null)
            {
                request.ResumeToken = token;
            }

            return request;
        }

        public PageListUpdate Update(WatchPageListResponse message)
        {
            (IsLive, token) = (true, message.ResumeToken);
            list = message.Snapshot?.PageList ?? message.Changes?.PageList ?? list;
            return message switch
            {
                { Snapshot: { } snapshot } => new(PageListUpdateKind.Snapshot, list, token) { Reason = snapshot.Reason },
                { Changes: { } changes } => new(PageListUpdateKind.Changes, list, token) { Changes = changes.Changes_ },
                _ => new(PageListUpdateKind.Confirmed, list, token),
            };
        }

        public PageListUpdate Lose(ConnectionStateException? failure)
        {
            IsLive = false;
            return new(PageListUpdateKind.Stale, list, token ?? "") { Failure = failure };
        }
    }
}
