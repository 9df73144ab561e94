using System.Globalization;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Result = ConnectionStateService.V1.SignalOutcome.Types.Result;

namespace ConnectionStateService.Client;

/// <summary>Sends one batch of successes. Never throws.</summary>
internal sealed class SuccessSender(SignalService.SignalServiceClient signals, ClientMetrics metrics, ILogger logger)
{
    /// <summary>The maximum number of successes in a request.</summary>
    public const int MaxBatch = 100;

    /// <summary>Sends successes.</summary>
    /// <param name="batch">1 to <see cref="MaxBatch"/> successes.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>Whether the server answered, and the successes that it did not handle and that are worth another report.</returns>
    public async Task<(bool IsAnswered, IReadOnlyList<SuccessReport> Unhandled)> SendAsync(
        IReadOnlyList<SuccessReport> batch, CancellationToken cancellationToken)
    {
        while (batch.Count > 0)
        {
            try
            {
                var outcomes = await CallAsync(batch, cancellationToken).ConfigureAwait(false);
                metrics.SuccessReports(batch.Count, "sent");
                return (true, [.. batch.Zip(outcomes).Where(sent => IsUnhandled(sent.Second)).Select(sent => sent.First)]);
            }
            catch (RpcException e) when (Rejected(e) is { Count: > 0 } rejected)
            {
                // One success that the server refuses must not keep the others.
                Log.SuccessesRejected(logger, e.Status.Detail);
                var count = batch.Count;
                batch = [.. batch.Where((_, i) => !rejected.Contains(i))];
                metrics.SuccessReports(count - batch.Count, "invalid");
                if (batch.Count == count)
                {
                    return Fail(batch, e);
                }
            }
            catch (Exception e)
            {
                return Fail(batch, e);
            }
        }

        return (true, []);
    }

    private async Task<IEnumerable<SignalOutcome>> CallAsync(IReadOnlyList<SuccessReport> batch, CancellationToken cancellationToken)
    {
        var request = new ReportSuccessRequest { Successes = { batch.Select(success => success.ToProto()) } };
        using var call = signals.ReportSuccessAsync(request, cancellationToken: cancellationToken);
        return (await call.ResponseAsync.WaitAsync(cancellationToken).ConfigureAwait(false)).Outcomes;
    }

    private (bool, IReadOnlyList<SuccessReport>) Fail(IReadOnlyList<SuccessReport> batch, Exception exception)
    {
        metrics.SuccessReports(batch.Count, "failed");
        Log.SuccessesNotReported(logger, batch.Count, exception.Message);
        return (false, batch);
    }

    private static bool IsUnhandled(SignalOutcome outcome) =>
        outcome is { Result: Result.Failed, Reason: ErrorReason.ConcurrentChange or ErrorReason.StoreUnavailable };

    // The indexes in the paths of the rejected fields: successes[3].grant_id.
    private static HashSet<int> Rejected(RpcException exception) =>
        [.. exception.GetConnectionStateError().Violations.Select(v => IndexOf(v.Field)).Where(index => index >= 0)];

    private static int IndexOf(string field)
    {
        const string prefix = "successes[";
        var end = field.IndexOf(']', StringComparison.Ordinal);
        return field.StartsWith(prefix, StringComparison.Ordinal) && end > 0
            && int.TryParse(field.AsSpan(prefix.Length, end - prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? index
            : -1;
    }
}
