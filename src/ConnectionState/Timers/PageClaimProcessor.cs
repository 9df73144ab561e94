using System.Collections.Concurrent;
using ConnectionStateService.Core;
using ConnectionStateService.Merchants;
using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Timers;

/// <summary>Settles the claims that were left unsettled by an outage or a crash after the grant was committed.</summary>
internal sealed partial class PageClaimProcessor(
    IClaimQueue claims,
    IStoreClock clock,
    ClaimSettlement settlement,
    Instruments instruments,
    TraceSampling sampling,
    IOptions<TimerOptions> options,
    ILogger<PageClaimProcessor> logger)
{
    private readonly ConcurrentDictionary<Claim, Attempt> attempts = [];

    /// <summary>
    /// Settles the claims that are older than <see cref="TimerOptions.ClaimAge"/>, and those that were made before the clock was set back.
    /// A claim that could not be settled is tried again after a delay that doubles each time.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store could not list the claims.</exception>
    public async Task ProcessUnsettledAsync(CancellationToken cancellationToken)
    {
        var found = new ConcurrentDictionary<Claim, bool>();
        await Parallel.ForEachAsync(
            claims.FindClaimsAsync(cancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = options.Value.Parallelism, CancellationToken = cancellationToken },
            async (claim, token) =>
            {
                found[claim] = true;
                var now = await clock.GetTimeAsync(token);
                if (!IsYoung(claim, now) && TryBegin(claim, now))
                {
                    await TrySettleAsync(claim, token);
                }
            });
        await ForgetSettledAsync(found, cancellationToken);
    }

    // A claim whose delay has passed and that is not found was settled, or the store returns it later: then it may be tried at once.
    private async Task ForgetSettledAsync(ConcurrentDictionary<Claim, bool> found, CancellationToken cancellationToken)
    {
        if (!attempts.IsEmpty)
        {
            var now = await clock.GetTimeAsync(cancellationToken);
            foreach (var (claim, _) in attempts.Where(a => !found.ContainsKey(a.Key) && !a.Value.IsWaiting(now)))
            {
                attempts.TryRemove(claim, out _);
            }
        }
    }

    // Most likely, the request that made the claim is settling it.
    private bool IsYoung(Claim claim, DateTimeOffset now) =>
        now - options.Value.ClaimAge <= claim.GrantedAt && claim.GrantedAt < now + MonotonicTimeRule.MaxStepBack;

    // A claim that is found again was not settled, whether that failed or took too many attempts.
    private bool TryBegin(Claim claim, DateTimeOffset now)
    {
        var last = attempts.GetValueOrDefault(claim, new Attempt(default, options.Value.Interval / 2));
        if (last.IsWaiting(now))
        {
            return false;
        }

        var delay = last.Delay * 2;
        attempts[claim] = new Attempt(now, delay < options.Value.RetryAfter ? delay : options.Value.RetryAfter);
        return true;
    }

    // A failure on one claim must not keep the others from being settled.
    private async Task TrySettleAsync(Claim claim, CancellationToken cancellationToken)
    {
        try
        {
            using var span = Tracing.StartClaim(claim.MerchantId, sampling);
            await settlement.SettleAsync(claim, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            instruments.TimerFailures.Add(1);
            Log.SettlementFailed(logger, claim.MerchantId, claim.Page, e);
        }
    }

    /// <summary>The last attempt to settle a claim, and the delay after it.</summary>
    private readonly record struct Attempt(DateTimeOffset At, TimeSpan Delay)
    {
        // Not if the clock was set back.
        public bool IsWaiting(DateTimeOffset now) => At <= now && now < At + Delay;
    }

    private static partial class Log
    {
        [LoggerMessage(5021, LogLevel.Error, "Could not settle the claim of merchant {MerchantId} to {Page}. Retrying.")]
        public static partial void SettlementFailed(ILogger logger, string merchantId, PageRef page, Exception exception);
    }
}
