using ConnectionStateService.Client;
using ConnectionStateService.Core;
using ConnectionStateService.Rpc;
using ConnectionStateService.V1;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>Checks that every answer and every refusal follows from the history.</summary>
internal static class AnswerChecks
{
    public static IEnumerable<Violation> All(MerchantCase merchant) => merchant.Requests.Operations
        .Select(operation => Check(merchant, operation)).OfType<Violation>();

    private static Violation? Check(MerchantCase merchant, Operation operation) =>
        (operation.Outcome, merchant.Requests.RevisionOf(operation)) switch
        {
            (Outcome.Refused refused, { } revision) when operation.Attempts == 1 =>
                new("refusal", $"{operation} was refused with {refused.Reason}, but was committed at revision {revision}"),
            (Outcome.Refused refused, null) when !IsCorrectRefusal(merchant, operation, refused) =>
                new("refusal", $"{operation} was refused with {refused.Reason}, which no state at {RangeOf(merchant, operation)} explains"),
            (Outcome.Answered answered, { } revision) when !IsCorrectAnswer(merchant, operation, answered, revision) =>
                new("answer", $"{operation} was committed at revision {revision}, which does not lead to its answer {answered.Reply}"),
            (Outcome.Answered answered, null) when !IsUnchanged(merchant, operation, answered) => LostUpdate(merchant, operation, answered),
            _ => null,
        };

    private static bool IsCorrectRefusal(MerchantCase merchant, Operation operation, Outcome.Refused refused) =>
        IsExplained(merchant, operation, revision =>
        {
            var decision = merchant.Replay.Decide(revision, Command(operation), endHasPassed: refused.Reason is ErrorReason.InvalidRequest);
            return decision is Decision.Refused { Fault: var fault }
                && Same(refused, RpcErrors.ToException(fault).GetConnectionStateError());
        });

    private static bool Same(Outcome.Refused refused, ConnectionStateError expected) =>
        refused.Reason == expected.Reason
        && refused.Metadata.Count == expected.Metadata.Count
        && !refused.Metadata.Except(expected.Metadata).Any();

    // A committed operation is answered from the record that it led to; a retry, a grant or a restored page can be answered from a later one.
    private static bool IsCorrectAnswer(MerchantCase merchant, Operation operation, Outcome.Answered answered, long revision)
    {
        var isLater = operation.Attempts > 1 || CanBeLater(operation);
        var highest = isLater ? Math.Max(revision, merchant.Timeline.Highest(operation.Returned)) : revision;
        var lowest = operation.Attempts > 1 ? Math.Min(revision, merchant.Timeline.Lowest(operation.Invoked)) : revision;
        return highest > merchant.Replay.Last
            || Revisions(lowest, highest).Any(r => Fits(merchant, operation, answered, r) && IsApplied(answered, operation));
    }

    // Of a signal that was sent twice, one attempt may have changed nothing before the other was applied.
    private static bool IsApplied(Outcome.Answered answered, Operation operation) =>
        operation.Attempts > 1
        || (ApiCalls.IsAboutAccount(operation.Request)
            ? HasApplied(answered)
            : ApiCalls.OutcomeIn(answered.Reply) is not { Result: not SignalOutcome.Types.Result.Applied });

    private static bool HasApplied(Outcome.Answered answered) =>
        answered.Reply is ReportSignalResponse reply && reply.Outcomes.Any(outcome => outcome.Result is SignalOutcome.Types.Result.Applied);

    private static bool IsUnchanged(MerchantCase merchant, Operation operation, Outcome.Answered answered) =>
        IsExplained(merchant, operation, revision =>
        {
            var decision = merchant.Replay.Decide(revision, Command(operation));
            return !ApiCalls.IsAboutAccount(operation.Request) && ApiCalls.OutcomeIn(answered.Reply) is { } outcome
                ? decision is not Decision.Changed
                    && ExpectedReply.ResultOf(decision) == outcome.Result
                    && IsCurrentConnection(merchant, operation, answered)
                : decision is Decision.Unchanged { Reason: var reason }
                    && !HasApplied(answered)
                    && (answered.Reply is not RenewGrantResponse r || IsStale(r) == (reason is UnchangedReason.Stale))
                    && (CanBeLater(operation)
                        ? IsExplained(merchant, operation, r => Fits(merchant, operation, answered, r))
                        : Fits(merchant, operation, answered, revision));
        });

    // What can settle a claim is answered from the record as it is afterwards.
    private static bool CanBeLater(Operation operation) => operation.Request is GrantRequest or ReconnectRequest or ReportSuccessRequest;

    private static bool IsStale(RenewGrantResponse response) => response.Result is SignalOutcome.Types.Result.Stale;

    // After a signal without effect the connection is read again, so that it may be a newer one.
    private static bool IsCurrentConnection(MerchantCase merchant, Operation operation, Outcome.Answered answered) =>
        IsExplained(merchant, operation, revision => Fits(merchant, operation, answered, revision));

    private static Violation LostUpdate(MerchantCase merchant, Operation operation, Outcome.Answered answered)
    {
        var answeredRevision = ApiCalls.RevisionIn(answered.Reply);
        return answeredRevision > merchant.Timeline.Lowest(operation.Invoked) && answeredRevision <= merchant.Entries.Count
            ? new(
                "split",
                $"{operation} was answered with revision {answeredRevision}, which the history has as {merchant.Entries[(int)answeredRevision - 1]}")
            : new(
                "lost",
                $"{operation} is not in the history, and no state at {RangeOf(merchant, operation)} leads to its answer {answered.Reply}");
    }

    private static bool IsExplained(MerchantCase merchant, Operation operation, Func<long, bool> explains)
    {
        var (lowest, highest) = RevisionsDuring(merchant, operation);
        return highest > merchant.Replay.Last || Revisions(lowest, highest).Any(explains);
    }

    private static string RangeOf(MerchantCase merchant, Operation operation) =>
        RevisionsDuring(merchant, operation) is var (lowest, highest) && lowest == highest
            ? $"revision {lowest}"
            : $"revisions {lowest} to {highest}";

    private static (long Lowest, long Highest) RevisionsDuring(MerchantCase merchant, Operation operation) =>
        (merchant.Timeline.Lowest(operation.Invoked), merchant.Timeline.Highest(operation.Returned));

    private static IEnumerable<long> Revisions(long lowest, long highest)
    {
        for (var revision = lowest; revision <= highest; revision++)
        {
            yield return revision;
        }
    }

    private static bool Fits(MerchantCase merchant, Operation operation, Outcome.Answered answered, long revision) =>
        ExpectedReply.Fits(operation, answered.Reply, merchant.Replay.At(revision), merchant.Rules);

    private static Command Command(Operation operation) => ApiCalls.ToCommand(operation.Request, "none");
}
