using ConnectionStateService.Client;
using ConnectionStateService.Core;
using ConnectionStateService.Rpc;
using ConnectionStateService.V1;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>Whether what callers were answered follows from the history.</summary>
internal static class AnswerChecks
{
    private static readonly Uri Anywhere = new("http://anywhere");

    public static IEnumerable<Violation> All(Case merchant) => merchant.Asked.Operations
        .Select(operation => Check(merchant, operation)).OfType<Violation>();

    private static Violation? Check(Case merchant, Operation operation) =>
        (operation.Outcome, merchant.Asked.RevisionOf(operation)) switch
        {
            (Outcome.Refused refused, { } revision) when operation.Attempts == 1 =>
                new("refused", $"{operation} was refused with {refused.Reason}, but is at revision {revision}"),
            (Outcome.Refused refused, null) when !IsRefused(merchant, operation, refused) =>
                new("refused", $"{operation} was refused with {refused.Reason}, which nothing at {Between(merchant, operation)} explains"),
            (Outcome.Answered answered, { } revision) when !IsCarriedOut(merchant, operation, answered, revision) =>
                new("answer", $"{operation} is at revision {revision}, which does not give its answer {answered.Reply}"),
            (Outcome.Answered answered, null) when !IsUnchanged(merchant, operation, answered) => Lost(merchant, operation, answered),
            _ => null,
        };

    private static bool IsRefused(Case merchant, Operation operation, Outcome.Refused refused) =>
        IsExplained(merchant, operation, revision =>
        {
            var decision = merchant.Replay.Decide(revision, Command(operation), hasPassed: refused.Reason is ErrorReason.InvalidRequest);
            return decision is Decision.Refused { Fault: var fault }
                && Same(refused, ErrorDetails.ToException(RpcErrors.ToException(fault), Anywhere));
        });

    private static bool Same(Outcome.Refused refused, ConnectionStateException expected) =>
        refused.Reason == expected.Reason
        && refused.Metadata.Count == expected.Metadata.Count
        && !refused.Metadata.Except(expected.Metadata).Any();

    // What is in the history is answered from what it led to; a retry or a grant from that, or from something later.
    private static bool IsCarriedOut(Case merchant, Operation operation, Outcome.Answered answered, long revision)
    {
        var isLater = operation.Attempts > 1 || operation.Request is GrantRequest;
        var highest = isLater ? Math.Max(revision, merchant.Timeline.Highest(operation.Returned)) : revision;
        var lowest = operation.Attempts > 1 ? Math.Min(revision, merchant.Timeline.Lowest(operation.Invoked)) : revision;
        return highest > merchant.Replay.Last
            || Revisions(lowest, highest).Any(r => Fits(merchant, operation, answered, r) && IsApplied(answered, operation));
    }

    // A signal that was sent twice may have found nothing to do, and been carried out later.
    private static bool IsApplied(Outcome.Answered answered, Operation operation) =>
        operation.Attempts > 1
        || answered.Reply is not ReportSignalResponse { Outcomes: [{ Result: not SignalOutcome.Types.Result.Applied }] };

    private static bool IsUnchanged(Case merchant, Operation operation, Outcome.Answered answered) =>
        IsExplained(merchant, operation, revision =>
        {
            var decision = merchant.Replay.Decide(revision, Command(operation));
            return answered.Reply is ReportSignalResponse { Outcomes: [var outcome] }
                ? decision is not Decision.Changed
                    && ExpectedReply.ResultOf(decision) == outcome.Result
                    && IsTold(merchant, operation, answered)
                : decision is Decision.Unchanged && Fits(merchant, operation, answered, revision);
        });

    // Beside a signal that means nothing the connection is read anew, and may have moved on.
    private static bool IsTold(Case merchant, Operation operation, Outcome.Answered answered) =>
        IsExplained(merchant, operation, revision => Fits(merchant, operation, answered, revision));

    private static Violation Lost(Case merchant, Operation operation, Outcome.Answered answered)
    {
        var told = ApiCalls.RevisionIn(answered.Reply);
        return told > merchant.Timeline.Lowest(operation.Invoked) && told <= merchant.Entries.Count
            ? new("split", $"{operation} was answered with revision {told}, which in the history is {merchant.Entries[(int)told - 1]}")
            : new(
                "lost",
                $"{operation} is not in the history, and nothing at {Between(merchant, operation)} gives its answer {answered.Reply}");
    }

    private static bool IsExplained(Case merchant, Operation operation, Func<long, bool> explains)
    {
        var (lowest, highest) = Window(merchant, operation);
        return highest > merchant.Replay.Last || Revisions(lowest, highest).Any(explains);
    }

    private static string Between(Case merchant, Operation operation) =>
        Window(merchant, operation) is var (lowest, highest) && lowest == highest
            ? $"revision {lowest}"
            : $"revisions {lowest} to {highest}";

    private static (long Lowest, long Highest) Window(Case merchant, Operation operation) =>
        (merchant.Timeline.Lowest(operation.Invoked), merchant.Timeline.Highest(operation.Returned));

    private static IEnumerable<long> Revisions(long lowest, long highest)
    {
        for (var revision = lowest; revision <= highest; revision++)
        {
            yield return revision;
        }
    }

    private static bool Fits(Case merchant, Operation operation, Outcome.Answered answered, long revision) =>
        ExpectedReply.Fits(operation, answered.Reply, merchant.Replay.At(revision), merchant.Rules);

    private static Command Command(Operation operation) => ApiCalls.ToCommand(operation.Request, "none");
}
