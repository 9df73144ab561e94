using System.Collections.Concurrent;
using ConnectionStateService.V1;
using Google.Protobuf;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>Options of a <see cref="Workload"/>.</summary>
internal sealed record WorkloadOptions
{
    /// <summary>Number of workers that call at the same time.</summary>
    public int Workers { get; init; } = 8;

    /// <summary>Number of merchants.</summary>
    public int Merchants { get; init; } = 4;

    /// <summary>Whether all merchants connect the same pages and take them from one another. If false, each has its own pages.</summary>
    public bool SharedPages { get; init; }

    /// <summary>Prefix of the merchant ids and request ids.</summary>
    public string Name { get; init; } = "m";

    /// <summary>Maximum number of attempts for a request whose outcome is unknown. 1 means no retry.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>Maximum number of calls of each worker.</summary>
    public int CallsPerWorker { get; init; } = int.MaxValue;

    /// <summary>How long a worker waits after a call whose outcome stayed unknown.</summary>
    public TimeSpan PauseAfterFailure { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The clock for expiry and observation times.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>
/// Workers that send random requests for several merchants to all replicas. With the same seed and the same answers they make the same
/// choices.
/// </summary>
internal sealed class Workload(int seed, IReadOnlyList<Replica> replicas, WorkloadOptions options)
{
    private readonly CallRecorder recorder = new();
    private readonly Dictionary<string, ObservedMerchant> observed =
        Enumerable.Range(1, options.Merchants).ToDictionary(n => $"{options.Name}{n}", _ => new ObservedMerchant());

    private readonly ConcurrentDictionary<string, int> sent = new();

    public IReadOnlyCollection<string> MerchantIds => observed.Keys;

    public Recording Recording => recorder.Recording;

    /// <summary>Runs all workers until they have made their calls or <paramref name="stop"/> is canceled; waits for open calls.</summary>
    public Task RunAsync(CancellationToken stop) =>
        Task.WhenAll(Workers(stop).Select(work => Task.Run(work, CancellationToken.None)));

    /// <summary>The work of each worker, for a scheduler.</summary>
    public IEnumerable<Func<Task>> Workers(CancellationToken stop) =>
        Enumerable.Range(0, options.Workers).Select(worker => (Func<Task>)(() => WorkAsync(worker, stop)));

    /// <summary>Reads the histories of all merchants, after all workers have ended.</summary>
    public async Task<IReadOnlyList<MerchantHistory>> HistoriesAsync(Replica replica)
    {
        var histories = new List<MerchantHistory>();
        foreach (var id in MerchantIds)
        {
            histories.Add(await MerchantHistory.ReadAsync(replica.Client, id));
        }

        return histories;
    }

    private async Task WorkAsync(int worker, CancellationToken stop)
    {
        var random = new Random((seed * 1_000) + worker);
        var merchants = observed.Keys.Order(StringComparer.Ordinal).ToArray();
        for (var call = 0; call < options.CallsPerWorker && !stop.IsCancellationRequested; call++)
        {
            var (merchantId, order) = (merchants[random.Next(merchants.Length)], replicas.ToArray());
            random.Shuffle(order);
            var isOutcomeKnown = random.Next(4) == 0
                ? await ReadAsync(merchantId, order[0])
                : await ChangeAsync(merchantId, $"{options.Name}-{worker}-{call}", order, random);
            if (!isOutcomeKnown)
            {
                await Task.Delay(options.PauseAfterFailure, CancellationToken.None);
            }
        }
    }

    private async Task<bool> ReadAsync(string merchantId, Replica replica)
    {
        var list = await recorder.ReadAsync(merchantId, replica);
        if (list is not null)
        {
            observed[merchantId].Update(list);
        }

        return list is not null;
    }

    private async Task<bool> ChangeAsync(string merchantId, string requestId, Replica[] order, Random random)
    {
        var request = new RequestGenerator(random, merchantId, PagesOf(merchantId), options.Clock, sent).Next(observed[merchantId]);
        SetOrigin(request, requestId);

        // A success has no request id: it must not be sent twice.
        var most = request is ReportSuccessRequest ? 1 : options.Attempts;
        var attempts = Enumerable.Range(0, random.Next(most) + 1).Select(n => order[n % order.Length]);
        var operation = await recorder.SendAsync(request, [.. attempts]);
        if (operation?.Outcome is Outcome.Answered answered)
        {
            observed[merchantId].Update(answered.Reply);
        }

        return operation?.Outcome is not (null or Outcome.Unknown);
    }

    private PageRef[] PagesOf(string merchantId)
    {
        var owner = options.SharedPages ? options.Name : merchantId;
        return
        [
            ApiMerchant.Facebook($"{owner}-fan1"), ApiMerchant.Facebook($"{owner}-fan2"),
            new() { Provider = Provider.Zalo, PageId = $"{owner}-oa1" }, new() { Provider = Provider.Zalo, PageId = $"{owner}-oa2" },
        ];
    }

    private static void SetOrigin(IMessage request, string requestId)
    {
        var (id, actor) = (request.Descriptor.FindFieldByName("request_id"), request.Descriptor.FindFieldByName("actor"));
        id?.Accessor.SetValue(request, requestId);
        actor.Accessor.SetValue(request, id is null ? requestId : "a worker");
    }
}
