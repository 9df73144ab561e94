using System.Diagnostics;
using ConnectionStateService.Auth;
using ConnectionStateService.Merchants;
using ConnectionStateService.Telemetry;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Limits;

/// <summary>
/// Decides whether a call is accepted now. Accepting one allocates nothing. Limits of merchants count calls that name the merchant and may do so: nobody can
/// use up the limit of a merchant that is not theirs.
/// </summary>
internal sealed partial class CallLimits
{
    private static readonly TimeSpan MinRetryAfter = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ConcurrencyRetryAfter = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan OverloadRetryAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private readonly LimitOptions options;
    private readonly Instruments instruments;
    private readonly TimeProvider clock;
    private readonly ILogger<CallLimits> logger;
    private readonly RateLimit merchantRate;
    private readonly RateLimit callerRate;
    private readonly ConcurrencyLimit merchantCalls;
    private readonly ConcurrencyLimit callerCalls;
    private readonly OverloadGate changes;
    private readonly Lock gate = new();
    private readonly Dictionary<(Type, LimitScope?), long> logged = [];

    public CallLimits(IOptions<LimitOptions> options, CommitLatency commits, Instruments instruments, TimeProvider clock, ILogger<CallLimits> logger)
    {
        (this.options, this.instruments, this.clock, this.logger) = (options.Value, instruments, clock, logger);
        merchantRate = new RateLimit(this.options.CallsPerMerchant, this.options.Burst);
        callerRate = new RateLimit(this.options.CallsPerCaller, this.options.Burst);
        merchantCalls = new ConcurrencyLimit(this.options.ConcurrentCallsPerMerchant);
        callerCalls = new ConcurrencyLimit(this.options.ConcurrentCallsPerCaller);
        changes = new OverloadGate(this.options.ConcurrentChanges, this.options.CommitLatency, commits, clock);
    }

    /// <summary>Counts a call of a caller. Do so before anything is done for it, also for a call that turns out to be invalid.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="kind">What the call does.</param>
    /// <param name="admission">What the call occupies; give it to <see cref="End"/> when the call has ended, also if it is refused.</param>
    /// <returns>Why the call is refused, or null if it is accepted.</returns>
    public LimitFault? Begin(Caller caller, CallKind kind, ref Admission admission)
    {
        admission.Kind = kind;
        if (!caller.IsNamed)
        {
            return null;
        }

        var slot = Slots.Of(caller.LimitKey);
        if (callerRate.Take(slot) is { } wait)
        {
            return Refuse(new LimitFault.RateLimitExceeded(LimitScope.Caller, options.CallsPerCaller, Spread(wait)), LimitScope.Caller, caller.Name);
        }

        if (kind == CallKind.Stream)
        {
            return null;
        }

        if (!callerCalls.TryEnter(slot))
        {
            return Refuse(
                new LimitFault.ConcurrencyLimitExceeded(LimitScope.Caller, callerCalls.Limit, Spread(ConcurrencyRetryAfter)), LimitScope.Caller, caller.Name);
        }

        admission.CallerSlot = slot + 1;
        return null;
    }

    /// <summary>Counts a valid call for a merchant, and a change for the process. Do so once it is known that the caller may name the merchant.</summary>
    /// <param name="merchantId">The merchant; null or empty if the call names none.</param>
    /// <param name="admission">As <see cref="Begin"/> has left it.</param>
    /// <returns>Why the call is refused, or null if it is accepted.</returns>
    public LimitFault? Continue(string? merchantId, ref Admission admission)
    {
        if (!string.IsNullOrEmpty(merchantId) && BeginForMerchant(merchantId, ref admission) is { } fault)
        {
            return fault;
        }

        if (admission.Kind != CallKind.Change)
        {
            return null;
        }

        if (!changes.TryEnter())
        {
            return Refuse(new LimitFault.Overloaded(Spread(OverloadRetryAfter)), null, "");
        }

        admission.IsChange = true;
        return null;
    }

    /// <summary>Counts a merchant that is added to an open stream.</summary>
    /// <returns>Why it is refused, or null if it is accepted.</returns>
    public LimitFault? Add(string merchantId)
    {
        var admission = new Admission { Kind = CallKind.Stream };
        return BeginForMerchant(merchantId, ref admission);
    }

    /// <summary>Frees what a call occupied.</summary>
    public void End(in Admission admission)
    {
        if (admission.CallerSlot > 0)
        {
            callerCalls.Leave(admission.CallerSlot - 1);
        }

        if (admission.MerchantSlot > 0)
        {
            merchantCalls.Leave(admission.MerchantSlot - 1);
        }

        if (admission.IsChange)
        {
            changes.Leave();
        }
    }

    private LimitFault? BeginForMerchant(string merchantId, ref Admission admission)
    {
        var slot = Slots.Of(merchantId);
        if (merchantRate.Take(slot) is { } wait)
        {
            return Refuse(new LimitFault.RateLimitExceeded(LimitScope.Merchant, options.CallsPerMerchant, Spread(wait)), LimitScope.Merchant, merchantId);
        }

        if (admission.Kind == CallKind.Stream)
        {
            return null;
        }

        if (!merchantCalls.TryEnter(slot))
        {
            return Refuse(
                new LimitFault.ConcurrencyLimitExceeded(LimitScope.Merchant, merchantCalls.Limit, Spread(ConcurrencyRetryAfter)),
                LimitScope.Merchant,
                merchantId);
        }

        admission.MerchantSlot = slot + 1;
        return null;
    }

    private LimitFault Refuse(LimitFault fault, LimitScope? scope, string name)
    {
        instruments.CountLimited(fault switch
        {
            LimitFault.RateLimitExceeded => "RATE",
            LimitFault.ConcurrencyLimitExceeded => "CONCURRENCY",
            LimitFault.Overloaded => "OVERLOAD",
            _ => throw new UnreachableException(),
        }, scope is { } counted ? WireNames.Of(counted) : "PROCESS");
        if (IsFirstInInterval((fault.GetType(), scope)))
        {
            switch (fault)
            {
                case LimitFault.RateLimitExceeded f:
                    Log.RateLimited(logger, WireNames.Of(f.Scope), name, f.Limit);
                    break;
                case LimitFault.ConcurrencyLimitExceeded f:
                    Log.ConcurrencyLimited(logger, WireNames.Of(f.Scope), name, f.Limit);
                    break;
                default:
                    Log.Overloaded(logger);
                    break;
            }
        }

        return fault;
    }

    private bool IsFirstInInterval((Type, LimitScope?) kind)
    {
        lock (gate)
        {
            if (logged.TryGetValue(kind, out var last) && clock.GetElapsedTime(last) < LogInterval)
            {
                return false;
            }

            logged[kind] = clock.GetTimestamp();
            return true;
        }
    }

    // So that those who were refused together do not come back together.
    private static TimeSpan Spread(TimeSpan delay) =>
        (delay > MinRetryAfter ? delay : MinRetryAfter) * (1 + Random.Shared.NextDouble());

    private static partial class Log
    {
        [LoggerMessage(9001, LogLevel.Warning, "Refused a call of {Scope} {Name}: more than {Limit} calls per second. Logged at most once a minute.")]
        public static partial void RateLimited(ILogger logger, string scope, string name, int limit);

        [LoggerMessage(9002, LogLevel.Warning, "Refused a call of {Scope} {Name}: {Limit} calls are in progress. Logged at most once a minute.")]
        public static partial void ConcurrencyLimited(ILogger logger, string scope, string name, int limit);

        [LoggerMessage(9003, LogLevel.Warning, "Refused a change: the commits of all callers take too long, or too many changes are in progress. Logged at most once a minute.")]
        public static partial void Overloaded(ILogger logger);
    }
}

/// <summary>What a call does.</summary>
internal enum CallKind
{
    /// <summary>It reads.</summary>
    Read,

    /// <summary>It may change merchants.</summary>
    Change,

    /// <summary>It stays open.</summary>
    Stream,
}

/// <summary>What a call occupies. A value: a call allocates nothing for it.</summary>
internal struct Admission
{
    /// <summary>What the call does.</summary>
    public CallKind Kind;

    /// <summary>Whether it counts as a change in progress.</summary>
    public bool IsChange;

    /// <summary>The slot of the caller plus 1, or 0 if it does not count.</summary>
    public int CallerSlot;

    /// <summary>The slot of the merchant plus 1, or 0 if it does not count.</summary>
    public int MerchantSlot;
}
