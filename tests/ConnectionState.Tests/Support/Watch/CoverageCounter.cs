using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>Counts the situations that random streams met, because a check that is never reached finds nothing.</summary>
internal sealed class CoverageCounter
{
    private readonly Dictionary<string, int> counts = [];

    public int this[string what] => counts.GetValueOrDefault(what);

    public void Add(IEnumerable<RecordedStream> streams)
    {
        lock (counts)
        {
            foreach (var what in streams.SelectMany(stream => stream.Steps.SelectMany(Names)))
            {
                counts[what] = this[what] + 1;
            }
        }
    }

    public override string ToString() => string.Join(", ", counts.OrderBy(c => c.Key).Select(c => $"{c.Key}: {c.Value}"));

    private static IEnumerable<string> Names(Step step)
    {
        var message = step.Message;
        if (message.Reason is not Reason.Unspecified)
        {
            yield return $"{message.Reason}";
        }

        if (message.IsChanges)
        {
            yield return step.Index == 0 ? "changes after a resume" : "changes";
        }

        if (message.Revisions.Count > 1)
        {
            yield return "several commits";
        }

        if (message.Changes.Count > message.Revisions.Count)
        {
            yield return "several changes of a commit";
        }

        if (message.IsCheckpoint)
        {
            yield return step.Index == 0 ? "checkpoint after a resume" : "checkpoint";
        }
    }
}
