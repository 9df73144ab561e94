using System.Collections.Concurrent;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Histories;
using ConnectionStateService.Tests.Support.Watch;

namespace ConnectionStateService.Tests.Histories;

/// <summary>Many workers at once, on pages of their own or on pages that they take from one another: the service stays right.</summary>
public sealed class RandomHistoriesTests
{
    private const int Runs = 100;

    // So little is kept and so soon over that forgetting and the timer are part of every run.
    private static readonly Rules Forgetful = new()
    {
        StandardPages = 2,
        KeptSessions = 5,
        KeptTombstones = 2,
        SessionLength = TimeSpan.FromMinutes(1),
    };

    // A grant that has to give way is answered from what is there by then: its session must not be forgotten so soon.
    private static readonly Rules Shared = new() { StandardPages = 2, KeptTombstones = 2, SessionLength = TimeSpan.FromMinutes(1) };

    // What must have come often, to call it tried.
    private static readonly string[] Expected =
    [
        "AcknowledgeRequest Answered", "BeginConnectRequest Answered", "ChoosePageRequest Answered", "DisconnectRequest Answered",
        "GrantRequest Answered", "RefuseRequest Answered", "RenewGrantRequest Answered", "ReportSignalRequest Answered",
        "SetPlanRequest Answered", "SubmitAccountRequest Answered", "AccountNotPersonal", "ConnectionNotFound", "ConsentRequired",
        "IllegalTransition", "InvalidRequest", "PageAlreadyConnected", "PageNotOffered", "PageQuotaExceeded", "PageRoleTooLow",
        "SessionNotFound", "StepNotAllowed", "by connectionstate:timer",
    ];

    private readonly ConcurrentBag<string> found = [];
    private readonly ConcurrentDictionary<string, int> seen = new();

    [Fact]
    public async Task What_several_workers_do_at_once_could_have_been_done_one_after_the_other()
    {
        await using var service = await Service.StartAsync(Settings(Forgetful));

        await RunAsync(service, Forgetful, sharedPages: false);

        AssertTried(Expected);
    }

    [Fact]
    public async Task What_merchants_take_from_one_another_was_granted_to_them()
    {
        await using var service = await Service.StartAsync(Settings(Shared));

        await RunAsync(service, Shared, sharedPages: true);

        AssertTried([.. Expected, "by connectionstate:claim"]);
    }

    [Fact]
    public async Task What_is_lost_on_its_way_and_sent_again_is_carried_out_once()
    {
        await using var service = await Service.StartAsync(Settings(Shared), services => Interception.Add(services, store =>
            (store.Before, store.After) = (FailNowAndThen, FailNowAndThen)));

        await RunAsync(service, Shared, sharedPages: true);

        AssertTried(
            [.. Expected, "by connectionstate:claim", "GrantRequest Unknown", "several attempts Answered", "several attempts Refused"]);
    }

    private static Dictionary<string, string?> Settings(Rules rules) => new()
    {
        ["Rules:StandardPages"] = $"{rules.StandardPages}",
        ["Rules:KeptSessions"] = $"{rules.KeptSessions}",
        ["Rules:KeptTombstones"] = $"{rules.KeptTombstones}",
        ["Rules:SessionLength"] = $"{rules.SessionLength}",
    };

    private async Task RunAsync(Service service, Rules rules, bool sharedPages)
    {
        using var stop = new CancellationTokenSource();
        var time = PassTimeAsync(service, stop.Token);
        await Parallel.ForAsync(0, Runs, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (seed, _) =>
        {
            var replicas = new[] { "a", "b", "c" }.Select(name => new Replica(name, service.Client)).ToArray();
            var load = new Workload(seed, replicas, new()
            {
                Workers = 4,
                Merchants = 2,
                SharedPages = sharedPages,
                Name = $"m{seed}-",
                CallsPerWorker = 60,
                Clock = service.Clock,
            });
            await load.RunAsync(CancellationToken.None);
            Look(seed, load.Recording, await load.HistoriesAsync(replicas[0]), rules);
        });
        await stop.CancelAsync();
        await time;

        Assert.True(found.IsEmpty, $"{found.Count} violations:\n{string.Join('\n', found.Take(10))}");
    }

    private void Look(int seed, Recording recording, IReadOnlyList<MerchantHistory> histories, Rules rules)
    {
        foreach (var violation in HistoryChecker.Check(recording, histories, rules))
        {
            found.Add($"seed {seed}: {violation}");
        }

        var actors = histories.SelectMany(h => h.Entries).Select(e => $"by {e.Actor}");
        foreach (var what in recording.Operations.SelectMany(Kinds).Concat(actors))
        {
            seen.AddOrUpdate(what, 1, (_, count) => count + 1);
        }
    }

    private void AssertTried(IEnumerable<string> expected) => Assert.All(expected, what =>
        Assert.True(seen.GetValueOrDefault(what) >= Runs / 4, $"{what}: {seen.GetValueOrDefault(what)}; {string.Join(", ", seen)}"));

    private static IEnumerable<string> Kinds(Operation operation)
    {
        var outcome = operation.Outcome.GetType().Name;
        yield return operation.Outcome is Outcome.Refused refused ? $"{refused.Reason}" : $"{operation.Request.Descriptor.Name} {outcome}";
        if (operation.Attempts > 1)
        {
            yield return $"several attempts {outcome}";
        }
    }

    private static Task FailNowAndThen(string method) =>
        method == nameof(IConnectionStore.CommitAsync) && Random.Shared.Next(10) == 0
            ? throw new StoreUnavailableException("an outage")
            : Task.CompletedTask;

    private static async Task PassTimeAsync(Service service, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await service.PassAsync(TimeSpan.FromSeconds(2));
            await Task.Delay(TimeSpan.FromMilliseconds(5), CancellationToken.None);
        }
    }
}
