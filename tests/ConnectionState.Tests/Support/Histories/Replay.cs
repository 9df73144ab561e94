using ConnectionStateService.Core;
using ConnectionStateService.Core.Decisions;
using ConnectionStateService.Rpc.Mapping;
using PageList = ConnectionStateService.V1.PageList;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>
/// Decides a merchant's history again, one commit after the other, with the core's decider. Ends at the first commit that cannot be
/// explained.
/// </summary>
internal sealed class Replay
{
    private readonly List<MerchantRecord> records;
    private readonly List<DateTimeOffset> times;
    private readonly Dictionary<long, PageList> lists = [];
    private readonly Rules rules;

    public Replay(RequestIndex requests, Rules rules)
    {
        this.rules = rules;
        records = [MerchantRecord.Unknown(requests.History.MerchantId)];
        times = [requests.History.Entries is [var first, ..] ? first.At : default];
        foreach (var entry in requests.History.Entries)
        {
            var candidates = requests.PossibleCommands(entry).ToList();
            if (entry.Revision != Last + 1 || candidates.Count == 0 || !TryApply(entry, candidates))
            {
                break;
            }
        }
    }

    /// <summary>The first wrong decision, or null.</summary>
    public string? Error { get; private set; }

    /// <summary>The last revision that was applied.</summary>
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

    /// <summary>Decides a command at a revision.</summary>
    /// <param name="revision">The revision of the record.</param>
    /// <param name="command">The command.</param>
    /// <param name="endHasPassed">Whether the expiry in the command is in the past at that time.</param>
    public Decision Decide(long revision, Command command, bool endHasPassed = false)
    {
        var ends = endHasPassed ? (command as Command.Grant)?.ExpiresAt ?? (command as Command.Reconnect)?.ExpiresAt ?? (command as Command.Renew)?.ExpiresAt : null;
        return Decider.Decide(At(revision), command, ends > times[(int)revision] ? ends.Value : times[(int)revision], rules);
    }

    private bool TryApply(Entry entry, List<Command> candidates)
    {
        var decisions = candidates.Select(WithHold).Select(c => (Command: c, Decision: Decider.Decide(At(Last), c, entry.At, rules))).ToList();
        var right = decisions.Find(d => Matches(entry, d.Command, d.Decision));
        if (right.Decision is not Decision.Changed changed)
        {
            var expected = Describe(entry, decisions[0].Command, decisions[0].Decision);
            Error = $"{entry}: the history has {string.Join(' ', entry.Changes)}, expected {expected}";
            return false;
        }

        records.Add(changed.Record);
        times.Add(entry.At);
        return true;
    }

    private Command WithHold(Command command) => command is Command.ReleasePage release
        ? release with { HoldId = At(Last).Find(release.Page)?.HoldId ?? 0 }
        : command;

    private static bool Matches(Entry entry, Command command, Decision decision) =>
        decision is Decision.Changed changed && ExpectedChanges(entry, command, changed).SequenceEqual(entry.Changes);

    private static IEnumerable<V1.Change> ExpectedChanges(Entry entry, Command command, Decision.Changed changed) => new Commit(
        changed.Record.Revision, Id: 1, PreviousId: 0, entry.At, command.Origin.Actor, entry.RequestId, changed.Changes).ToProto();

    private static string Describe(Entry entry, Command command, Decision decision) => decision switch
    {
        Decision.Changed changed => $"{command} leads to {string.Join(' ', ExpectedChanges(entry, command, changed))}",
        _ => $"{command} leads to {decision}",
    };
}
