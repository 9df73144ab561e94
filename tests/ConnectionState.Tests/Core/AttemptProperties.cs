using ConnectionStateService.Core;
using ConnectionStateService.Core.Decisions;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.Tests.Support;
using FsCheck.Xunit;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>Connect sessions change nothing until a grant, and lose no grant, for random commands.</summary>
[CommandProperties]
public class AttemptProperties
{
    [Property]
    public void An_attempt_that_is_not_granted_leaves_the_page_list_as_it_was(CommandSeed[] seeds)
    {
        var step = 0;
        CommandGenerator.Run(seeds, executed =>
        {
            var seed = seeds[^++step];
            var attempt = new Attempt(executed.Merchant, CommandGenerator.AllPages[seed.Page % CommandGenerator.AllPages.Count]);
            attempt.Run(seed.Choice);
            Assert.Equal(attempt.Expected, attempt.Actual);
        });
    }

    [Property]
    public void A_grant_through_any_session_that_waits_for_a_page_connects_it(CommandSeed[] seeds) =>
        CommandGenerator.Run(seeds, executed =>
        {
            var record = executed.Merchant.Record;
            foreach (var session in record.Sessions.Where(s => IsWaiting(record, s)))
            {
                var page = session.Page!.Value;
                var granted = Assert.IsType<Decision.Changed>(executed.Merchant.Decide(Grant(session.Id, grantId: 7))).Record;
                var connection = granted.Find(page)!;
                Assert.Equal((State.Connected, 7UL, session.Account!.Id), (connection.State, connection.GrantId, connection.AccountId));
                Assert.Empty(granted.SessionsWaitingFor(page));
                var ended = record.SessionsWaitingFor(page).Select(s => granted.FindSession(s.Id)!.Step);
                Assert.All(ended, step => Assert.Equal(SessionStep.Connected, step));
            }
        });

    [Property]
    public void A_session_at_consent_ends_only_by_what_concerns_it(CommandSeed[] seeds) =>
        CommandGenerator.Run(seeds, executed =>
        {
            foreach (var before in executed.Before.Sessions.Where(s => s is { IsOpen: true, PageId: not null }))
            {
                var session = executed.Merchant.Session(before.Id);
                Assert.True(
                    session.IsOpen || session.Ended == ExpectedEnd(executed, before), $"{executed.Command} ends {before.Id} as {session.Ended}");
            }
        });

    // At consent, or ended by the grant through another session while the page is listed with a slot.
    private static bool IsWaiting(MerchantRecord record, ConnectSession session) =>
        session is { IsOpen: true, PageId: not null }
        || (session.Ended is SessionEnd.Joined && record.Find(session.Page!.Value) is { IsListed: true, HoldsSlot: true });

    private static SessionEnd? ExpectedEnd(ExecutedCommand executed, ConnectSession session) => executed.Command switch
    {
        Command.Grant c when c.SessionId == session.Id => SessionEnd.Granted,
        Command.Grant c when executed.Before.FindSession(c.SessionId)!.Page == session.Page => SessionEnd.Joined,
        Command.Reconnect c when c.Candidate.PageId == session.PageId => SessionEnd.Joined,
        Command.Refuse c when c.SessionId == session.Id => SessionEnd.Refused,
        Command.Disconnect c when c.Page == session.Page => SessionEnd.Refused,
        Command.Report { Signal: Signal.PageDeleted, Strength: SignalStrength.Hard } c when c.Page == session.Page => SessionEnd.Lost,
        Command.Tick when session.Deadline <= executed.Merchant.Now => SessionEnd.TimedOut,
        _ => null,
    };

    // One or two sessions for a page, at any step, that end without a grant. They run on a copy of the merchant.
    private sealed class Attempt(CoreMerchant merchant, PageRef page)
    {
        private readonly List<string> open = [];
        private MerchantRecord record = merchant.Record;
        private DateTimeOffset now = merchant.Now;

        public string Actual => ListOf(record);

        // The same merchant at the same time without the attempt.
        public string Expected => ListOf(now == merchant.Now ? merchant.Record : Decide(merchant.Record, Tick()));

        public void Run(byte choice)
        {
            for (var session = 0; session <= choice % 2; session++)
            {
                Begin($"attempt{session}", isForPage: (choice & 2) == 0, steps: 1 + (choice / 4 % 4));
            }

            // Refused, or timed out, or the first refused and the second timed out.
            foreach (var id in open.Take((choice / 16 % 3) switch { 0 => 2, 1 => 0, _ => 1 }))
            {
                record = Decide(record, Refuse(id));
            }

            if (record.Sessions.LastOrDefault(s => s.IsOpen && open.Contains(s.Id)) is { } waiting)
            {
                now = waiting.Deadline;
                record = Decide(record, Tick());
            }

            Assert.DoesNotContain(record.Sessions, s => s.IsOpen && open.Contains(s.Id));
        }

        private void Begin(string id, bool isForPage, int steps)
        {
            var candidates = CommandGenerator.AllPages.Where(p => p.Provider == page.Provider).Select(p => p.Offered()).ToArray();
            var isListed = record.Find(page) is { IsListed: true };
            Command[] commands =
            [
                TestCommands.Begin(id, page.Provider, isListed && isForPage ? page.PageId : null),
                SignIn(id, candidates),
                Choose(id, page),
                Choose(id, page),
            ];
            open.Add(id);
            foreach (var command in commands.Take(steps))
            {
                record = Decide(record, command);
                AssertListedPagesAreUntouched();
            }
        }

        private void AssertListedPagesAreUntouched() => Assert.All(
            PageList.Listed(merchant.Record), before => Assert.Equal(before with { Revision = 0 }, record.Find(before.Page)! with { Revision = 0 }));

        private MerchantRecord Decide(MerchantRecord from, Command command) =>
            Decider.Decide(from, command, now, merchant.Rules) is Decision.Changed changed ? changed.Record : from;

        // As the API shows it, without what an attempt may change.
        private string ListOf(MerchantRecord from)
        {
            var list = from.ToPageList(merchant.Rules);
            list.Revision = 0;
            list.Sessions.Clear();
            foreach (var connection in list.Connections)
            {
                connection.Revision = 0;
            }

            return list.ToString();
        }
    }
}
