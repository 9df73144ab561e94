using ConnectionStateService.Core;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.Tests.Model;
using PageList = ConnectionStateService.V1.PageList;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>
/// What a history must have led to, decided once more, one commit after the other. The core's decider is asked, since only it tells the
/// changes and the values of a refusal; the naive merchant goes along, and must be of the same mind. What cannot be explained ends it.
/// </summary>
internal sealed class Replay
{
    // Comparing everything each time would take most of the time.
    private const int Comparison = 16;

    private readonly List<MerchantRecord> records;
    private readonly List<DateTimeOffset> times;
    private readonly Dictionary<long, PageList> lists = [];
    private readonly NaiveMerchant naive;
    private readonly Rules rules;

    public Replay(Asked asked, Rules rules)
    {
        this.rules = rules;
        naive = new NaiveMerchant(rules, asked.History.MerchantId);
        records = [MerchantRecord.Unknown(asked.History.MerchantId)];
        times = [asked.History.Entries is [var first, ..] ? first.At : default];
        foreach (var entry in asked.History.Entries)
        {
            var candidates = asked.Behind(entry).ToList();
            if (entry.Revision != Last + 1 || candidates.Count == 0 || !Follow(entry, candidates))
            {
                break;
            }
        }

        CompareNaive("the end");
    }

    /// <summary>What is wrong with the first commit that was decided wrongly; none: it was not found.</summary>
    public string? Wrong { get; private set; }

    /// <summary>The last revision that could be followed.</summary>
    public long Last => records.Count - 1;

    /// <summary>The merchant at a revision.</summary>
    public MerchantRecord At(long revision) => records[(int)revision];

    /// <summary>The page list at a revision.</summary>
    public PageList ListAt(long revision)
    {
        if (!lists.TryGetValue(revision, out var list))
        {
            lists[revision] = list = At(revision).ToPageList(rules);
        }

        return list;
    }

    /// <summary>What a command would come to at a revision, when the end that it names has passed by then, or has not.</summary>
    public Decision Decide(long revision, Command command, bool hasPassed = false)
    {
        var ends = hasPassed ? (command as Command.Grant)?.ExpiresAt ?? (command as Command.Renew)?.ExpiresAt : null;
        return Decider.Decide(At(revision), command, ends > times[(int)revision] ? ends.Value : times[(int)revision], rules);
    }

    private bool Follow(Entry entry, List<Command> candidates)
    {
        var decisions = candidates.Select(c => (Command: c, Decision: Decider.Decide(At(Last), c, entry.At, rules))).ToList();
        var right = decisions.Find(d => Matches(entry, d.Command, d.Decision));
        if (right.Decision is not Decision.Changed changed)
        {
            var expected = Text(entry, decisions[0].Command, decisions[0].Decision);
            Wrong = $"{entry}: the history has {string.Join(' ', entry.Changes)}, but {expected}";
            return false;
        }

        records.Add(changed.Record);
        times.Add(entry.At);
        if (naive.Do(right.Command, entry.At) is not "changed" and var verdict)
        {
            Wrong ??= $"{entry}: the naive merchant says {verdict} to {right.Command}";
        }

        if (Last % Comparison == 0)
        {
            CompareNaive($"{entry}");
        }

        return true;
    }

    private void CompareNaive(string when)
    {
        var (told, expected) = (Views.Of(At(Last), rules).ToList(), Views.Of(naive).ToList());
        if (Wrong is null && !told.Order().SequenceEqual(expected.Order()))
        {
            Wrong = $"{when}: the core has {string.Join("; ", told.Except(expected))}; "
                + $"the naive merchant {string.Join("; ", expected.Except(told))}";
        }
    }

    private static bool Matches(Entry entry, Command command, Decision decision) =>
        decision is Decision.Changed changed && Told(entry, command, changed).SequenceEqual(entry.Changes);

    private static IEnumerable<V1.Change> Told(Entry entry, Command command, Decision.Changed changed) => new Commit(
        changed.Record.Revision, Id: 1, PreviousId: 0, entry.At, command.Origin.Actor, entry.RequestId, changed.Changes).ToProto();

    private static string Text(Entry entry, Command command, Decision decision) => decision switch
    {
        Decision.Changed changed => $"{command} comes to {string.Join(' ', Told(entry, command, changed))}",
        _ => $"{command} comes to {Views.Of(decision)}",
    };
}
