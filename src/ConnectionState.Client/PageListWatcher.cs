using System.Runtime.CompilerServices;

namespace ConnectionStateService.Client;

/// <summary>
/// Watches page lists for as long as somebody wants to know them: goes on by itself after restarts, failovers and lost connections,
/// without leaving out what happened meanwhile, and says honestly when it does not know. Safe for any number of threads and watches.
/// </summary>
public sealed class PageListWatcher
{
    // As after so many tries: 2 seconds by default.
    private const int SpreadOfReturn = 3;

    private readonly StreamChannels channels;
    private readonly ConnectionStateClientOptions options;
    private readonly TimeProvider clock;
    private readonly Recovery recovery = new();

    internal PageListWatcher(StreamChannels channels, ConnectionStateClientOptions options, TimeProvider clock) =>
        (this.channels, this.options, this.clock) = (channels, options, clock);

    /// <summary>
    /// Watches a merchant's page list until the caller stops. The first update comes as soon as the service is reached, or could not
    /// be; from then on each change, each confirmation, and each loss of the stream is one. A caller that is slow gets the newest list
    /// rather than every change.
    /// </summary>
    /// <param name="merchantId">The merchant.</param>
    /// <param name="resumeToken">The token of an earlier update, to go on exactly after it; none: from the present.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="ConnectionStateException">
    /// The watch cannot begin: the merchant id or the resume token is none, the caller may not watch, or the service does not know this
    /// call. A watch that has begun does not fail.
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller has ended the watch.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed of.</exception>
    public IAsyncEnumerable<PageListUpdate> WatchAsync(
        string merchantId, string? resumeToken = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(merchantId);
        return RunAsync(new WatchView(merchantId, resumeToken), cancellationToken);
    }

    private async IAsyncEnumerable<PageListUpdate> RunAsync(
        WatchView view, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            StreamReadResult heard;
            using (var stream = new OpenStream(channels, view.Request(), options, clock))
            {
                while ((heard = await stream.NextAsync(cancellationToken).ConfigureAwait(false)).Message is { } message)
                {
                    attempt = 1;
                    recovery.Tell();
                    yield return view.Update(message);
                }

                // A stream that said something and ended well has lived its life; the next one goes on, and nobody needs to know.
                if ((heard.Failure is not null || !stream.HasSpoken) && view.IsLive is not false)
                {
                    view.ThrowIfHopeless(heard.Failure);
                    yield return view.Lose(heard.Failure);
                }
            }

            await WaitAsync(attempt, heard.Failure, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task WaitAsync(int attempt, ConnectionStateException? failure, CancellationToken cancellationToken)
    {
        var wait = Backoff.Draw(attempt, options.InitialWatchBackoff, options.MaxWatchBackoff);
        if (failure?.RetryAfter is { } asked)
        {
            wait += asked < options.MaxWatchBackoff ? asked : options.MaxWatchBackoff;
        }

        // When the service is back for one, it is back for all: they come again soon, though not at once.
        if (Recovery.Concerns(failure))
        {
            if (!await recovery.WaitAsync(wait, clock, cancellationToken).ConfigureAwait(false))
            {
                return;
            }

            wait = Backoff.Draw(SpreadOfReturn, options.InitialWatchBackoff, options.MaxWatchBackoff);
        }

        await Task.Delay(wait, clock, cancellationToken).ConfigureAwait(false);
    }
}
