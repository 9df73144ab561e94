using ConnectionStateService.V1;
using Google.Protobuf;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>How much is going on.</summary>
internal sealed record WorkloadOptions
{
    /// <summary>Who calls at the same time.</summary>
    public int Workers { get; init; } = 8;

    /// <summary>How many merchants they call for.</summary>
    public int Merchants { get; init; } = 4;

    /// <summary>All merchants want the same pages, so that they take them from one another; otherwise each has pages of its own.</summary>
    public bool SharedPages { get; init; }

    /// <summary>The merchants' ids begin with it; so do the ids of the requests.</summary>
    public string Name { get; init; } = "m";

    /// <summary>How often a request is sent at the most while nobody tells how it ended. 1: never again.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>How many calls each worker makes at the most.</summary>
    public int CallsPerWorker { get; init; } = int.MaxValue;

    /// <summary>The time that expiries and observations are counted from.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>
/// Workers that ask random things of merchants through all replicas. The same seed makes the same choices where the same is seen.
/// </summary>
internal sealed class Workload(int seed, IReadOnlyList<Replica> replicas, WorkloadOptions options)
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(20);

    private readonly Recorder recorder = new();
    private readonly Dictionary<string, Sight> sights =
        Enumerable.Range(1, options.Merchants).ToDictionary(n => $"{options.Name}{n}", _ => new Sight());

    public IReadOnlyCollection<string> MerchantIds => sights.Keys;

    public Recording Recording => recorder.Recording;

    /// <summary>Works until told to stop; what is under way then is waited for.</summary>
    public Task RunAsync(CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, options.Workers)
            .Select(worker => Task.Run(() => WorkAsync(worker, stop), CancellationToken.None)));

    /// <summary>The histories of all merchants, once nothing is under way any more.</summary>
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
        var merchants = sights.Keys.Order(StringComparer.Ordinal).ToArray();
        for (var call = 0; call < options.CallsPerWorker && !stop.IsCancellationRequested; call++)
        {
            var (merchantId, order) = (merchants[random.Next(merchants.Length)], replicas.ToArray());
            random.Shuffle(order);
            var isKnown = random.Next(4) == 0
                ? await ReadAsync(merchantId, order[0])
                : await ChangeAsync(merchantId, $"{options.Name}-{worker}-{call}", order, random);
            if (!isKnown)
            {
                await Task.Delay(PauseAfterFailure, CancellationToken.None);
            }
        }
    }

    private async Task<bool> ReadAsync(string merchantId, Replica replica)
    {
        var list = await recorder.ReadAsync(merchantId, replica);
        if (list is not null)
        {
            sights[merchantId].Learn(list);
        }

        return list is not null;
    }

    private async Task<bool> ChangeAsync(string merchantId, string requestId, Replica[] order, Random random)
    {
        var request = new Moves(random, merchantId, PagesOf(merchantId), options.Clock).Next(sights[merchantId]);
        Stamp(request, requestId);
        var attempts = Enumerable.Range(0, random.Next(options.Attempts) + 1).Select(n => order[n % order.Length]);
        var operation = await recorder.SendAsync(request, [.. attempts]);
        if (operation?.Outcome is Outcome.Answered answered)
        {
            sights[merchantId].Learn(answered.Reply);
        }

        return operation?.Outcome is not (null or Outcome.Unknown);
    }

    private PageRef[] PagesOf(string merchantId)
    {
        var owner = options.SharedPages ? options.Name : merchantId;
        return
        [
            Shop.Facebook($"{owner}-fan1"), Shop.Facebook($"{owner}-fan2"),
            new() { Provider = Provider.Zalo, PageId = $"{owner}-oa1" }, new() { Provider = Provider.Zalo, PageId = $"{owner}-oa2" },
        ];
    }

    private static void Stamp(IMessage request, string requestId)
    {
        request.Descriptor.FindFieldByName("request_id").Accessor.SetValue(request, requestId);
        request.Descriptor.FindFieldByName("actor").Accessor.SetValue(request, "a worker");
    }
}
