using System.Collections.Concurrent;
using ConnectionStateService.Core;
using ConnectionStateService.Merchants;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Histories;
using ConnectionStateService.Tests.Support.Watch;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;
using RenewGrantResponse = ConnectionStateService.V1.RenewGrantResponse;
using Result = ConnectionStateService.V1.SignalOutcome.Types.Result;

namespace ConnectionStateService.Tests.Histories;

/// <summary>
/// Random calls by several workers through the public API. Whatever the interleaving, answers and history must be those of a service that
/// handles one call at a time. Except where a test says otherwise, a seed repeats the calls, the interleaving and the outages.
/// </summary>
public sealed class RandomHistoriesTests(ITestOutputHelper log)
{
    private static readonly IReadOnlyList<int> RunSeeds = Seeds.Of(LongRun.Of(all: 250, usual: 12));

    // Small limits and short sessions, so that every run includes trimmed sessions and timer commits.
    private static readonly Rules SmallLimits = new()
    {
        StandardPages = 2,
        Retention = new() { Sessions = 5, Tombstones = 2 },
        SessionLength = TimeSpan.FromMinutes(1),
    };

    // With shared pages the answer to a grant can come from a later record: its session must still be kept then.
    private static readonly Rules SharedPages = new() { StandardPages = 2, Retention = new() { Tombstones = 2 }, SessionLength = TimeSpan.FromMinutes(1) };

    // What the runs together must include: answers and refusals by kind, and commits by actor.
    private static readonly string[] Expected =
    [
        "AcknowledgeRequest Answered", "BeginConnectRequest Answered", "ChoosePageRequest Answered", "DisconnectRequest Answered",
        "GrantRequest Answered", "ReconnectRequest Answered", "RefuseRequest Answered", "RenewGrantRequest Answered",
        "ReportProviderErrorRequest Answered", "ReportSignalRequest Answered", "ReportSuccessRequest Answered", "SetPlanRequest Answered", "SubmitAccountRequest Answered", "AccountNotPersonal", "ConnectionNotFound", "ConsentRequired",
        "IllegalTransition", "InvalidRequest", "PageAlreadyConnected", "PageNotOffered", "PageQuotaExceeded", "PageRoleTooLow",
        "ReconnectPageMismatch",
        "SessionNotFound", "StepNotAllowed", "by connectionstate:timer",
        "health Ok", "health Suspect", "trigger Restore", "stale report", "stale renewal", "AccountNotConnected", "report about an account Answered",
    ];

    private readonly ConcurrentBag<string> violations = [];
    private readonly ConcurrentDictionary<string, int> seen = new();

    [Fact]
    public async Task Interleaved_calls_for_separate_pages_are_linearizable()
    {
        await Parallel.ForEachAsync(RunSeeds, async (seed, _) => await RunInterleavedAsync(seed, SmallLimits, sharedPages: false));

        AssertNoViolation();
        AssertSeen(Expected);
    }

    [Fact]
    public async Task Interleaved_calls_for_shared_pages_are_linearizable_while_the_store_fails_and_callers_retry()
    {
        await Parallel.ForEachAsync(RunSeeds, async (seed, _) => await RunInterleavedAsync(seed, SharedPages, sharedPages: true, outages: true));

        AssertNoViolation();
        AssertSeen(
            [.. Expected, "by connectionstate:claim", "GrantRequest Unknown", "several attempts Answered", "several attempts Refused"]);
    }

    // The interleaving is the scheduler's of the machine, which no seed repeats: only the choices of the workers are.
    [Fact]
    public async Task Parallel_calls_for_shared_pages_are_linearizable()
    {
        await using var service = await Service.StartAsync(SettingsOf(SharedPages));
        using var stop = new CancellationTokenSource();
        var time = AdvanceTimeAsync(service, stop.Token);

        await Parallel.ForEachAsync(RunSeeds, async (seed, _) =>
        {
            var workload = NewWorkload(service, seed, sharedPages: true);
            await workload.RunAsync(CancellationToken.None);
            await CheckAsync(seed, workload, service, SharedPages);
        });
        await stop.CancelAsync();
        await time;

        AssertNoViolation();
    }

    private async Task RunInterleavedAsync(int seed, Rules rules, bool sharedPages, bool outages = false)
    {
        var random = new Random(seed);
        var scheduler = new DeterministicScheduler();
        await using var service = await Service.StartAsync(SettingsOf(rules), services =>
        {
            // The scheduler recognizes its workers inside the service, too.
            services.Configure<TestServerOptions>(server => server.PreserveExecutionContext = true);
            services.AddSingleton<MerchantQueues, SeparateQueues>();
            services.AddInterceptedStore(store =>
            {
                store.Before = async method =>
                {
                    await scheduler.YieldAsync();
                    FailSometimes(method);
                };
                store.After = method =>
                {
                    FailSometimes(method);
                    return Task.CompletedTask;
                };
            });
        });
        void FailSometimes(string method)
        {
            if (outages && scheduler.IsInWorker && method == nameof(IConnectionStore.CommitAsync) && random.Next(10) == 0)
            {
                throw new StoreUnavailableException("an outage");
            }
        }

        var workload = NewWorkload(service, seed, sharedPages);
        var workers = workload.Workers(CancellationToken.None).ToList();
        var running = workers.Count;
        async Task WorkAsync(Func<Task> work)
        {
            await work();
            running--;
        }

        async Task PassTimeAsync()
        {
            while (running > 0)
            {
                await AdvanceTimeAsync(service);
                await scheduler.YieldAsync();
            }
        }

        await scheduler.RunAsync(random, [.. workers.Select(work => (Func<Task>)(() => WorkAsync(work))), PassTimeAsync]);
        await CheckAsync(seed, workload, service, rules);
        foreach (var violation in await DerivedData.CheckAsync(service.Services.GetRequiredService<IConnectionStore>(), workload.MerchantIds))
        {
            violations.Add($"{Seeds.Variable}={seed}: {violation}");
        }
    }

    private static Workload NewWorkload(Service service, int seed, bool sharedPages)
    {
        var replicas = new[] { "a", "b", "c" }.Select(name => new Replica(name, service.Client)).ToArray();
        return new(seed, replicas, new()
        {
            Workers = 4,
            Merchants = 2,
            SharedPages = sharedPages,
            Name = $"m{seed}-",
            CallsPerWorker = 60,
            PauseAfterFailure = TimeSpan.Zero,
            Clock = service.Clock,
        });
    }

    private async Task CheckAsync(int seed, Workload workload, Service service, Rules rules)
    {
        var (recording, histories) = (workload.Recording, await workload.HistoriesAsync(new Replica("a", service.Client)));
        foreach (var violation in HistoryChecker.Check(recording, histories, rules))
        {
            violations.Add($"{Seeds.Variable}={seed}: {violation}");
        }

        var kinds = histories.SelectMany(h => h.Entries).SelectMany(KindsOf);
        foreach (var kind in recording.Operations.SelectMany(KindsOf).Concat(kinds))
        {
            seen.AddOrUpdate(kind, 1, (_, count) => count + 1);
        }
    }

    private void AssertNoViolation() =>
        Assert.True(violations.IsEmpty, $"{violations.Count} violations:\n{string.Join('\n', violations.Take(10))}");

    private void AssertSeen(IEnumerable<string> expected)
    {
        log.WriteLine(string.Join(Environment.NewLine, seen.OrderBy(kind => kind.Value).Select(kind => $"{kind.Value} {kind.Key}")));
        if (!Seeds.IsSingle)
        {
            Assert.Empty(expected.Except(seen.Keys));
        }
    }

    private static IEnumerable<string> KindsOf(Operation operation)
    {
        var outcome = operation.Outcome.GetType().Name;
        yield return operation.Outcome is Outcome.Refused refused ? $"{refused.Reason}" : $"{operation.Request.Descriptor.Name} {outcome}";
        var reply = (operation.Outcome as Outcome.Answered)?.Reply;
        if (reply is not null && ApiCalls.OutcomeIn(reply) is { Result: Result.Stale })
        {
            yield return "stale report";
        }

        if (ApiCalls.IsAboutAccount(operation.Request))
        {
            yield return $"report about an account {outcome}";
        }

        if (reply is RenewGrantResponse { Result: Result.Stale })
        {
            yield return "stale renewal";
        }

        if (operation.Attempts > 1)
        {
            yield return $"several attempts {outcome}";
        }
    }

    private static IEnumerable<string> KindsOf(Entry entry) =>
    [
        $"by {(entry.Actor.StartsWith('m') ? "a reporter" : entry.Actor)}",
        .. entry.Changes.Where(c => c.Transition is not null).Select(c => $"trigger {c.Transition.Trigger}"),
        .. entry.Changes.Where(c => c.HealthChanged is not null).Select(c => $"health {c.HealthChanged.Health}"),
    ];

    private static Dictionary<string, string?> SettingsOf(Rules rules) => new()
    {
        ["Rules:StandardPages"] = $"{rules.StandardPages}",
        ["Rules:Retention:Sessions"] = $"{rules.Retention.Sessions}",
        ["Rules:Retention:Tombstones"] = $"{rules.Retention.Tombstones}",
        ["Rules:SessionLength"] = $"{rules.SessionLength}",
    };

    private static async Task AdvanceTimeAsync(Service service, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await AdvanceTimeAsync(service);
            await Task.Delay(TimeSpan.FromMilliseconds(5), CancellationToken.None);
        }
    }

    private static Task AdvanceTimeAsync(Service service) => service.PassAsync(TimeSpan.FromSeconds(2));
}
