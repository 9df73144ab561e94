using ConnectionStateService.Tests.Support;
using ConnectionStateService.Watch;

namespace ConnectionStateService.Tests.Watch;

/// <summary>Adds to streams of many merchants, and reads them with a bound against hanging.</summary>
internal static class TestSets
{
    public static async Task AddAllAsync(this WatchSet set, params string[] merchants)
    {
        foreach (var merchant in merchants)
        {
            Assert.Null(await set.AddAsync(merchant, null, CancellationToken.None));
        }
    }

    public static async Task<WatchSetEvent> NextEventAsync(this WatchSet set)
    {
        using var hang = new CancellationTokenSource(Eventually.Patience);
        while (true)
        {
            Assert.True(await set.WaitAsync(hang.Token));
            if (set.TryTake() is { } next)
            {
                return next;
            }
        }
    }

    /// <summary>Reads events, and returns their descriptions.</summary>
    public static async Task<List<string>> NextAsync(this WatchSet set, int count)
    {
        var sent = new List<string>();
        while (sent.Count < count)
        {
            sent.Add(Describe(await set.NextEventAsync()));
        }

        return sent;
    }

    /// <summary>Reads until a merchant has reached a revision, and returns the descriptions.</summary>
    public static async Task<List<string>> UntilAsync(this WatchSet set, string merchantId, long revision)
    {
        var sent = new List<string>();
        while (true)
        {
            var next = await set.NextEventAsync();
            sent.Add(Describe(next));
            if (next is WatchSetEvent.Update update && update.MerchantId == merchantId && update.Event.Position.Revision >= revision)
            {
                return sent;
            }
        }
    }

    /// <summary>Returns what is pending: what is answered before it was asked for must be there already.</summary>
    public static async Task<string> DrainAsync(this WatchSet set)
    {
        await set.RemoveAsync("the-last", CancellationToken.None);
        var sent = new List<string>();
        while (true)
        {
            var next = Describe(await set.NextEventAsync());
            if (next == "the-last removed")
            {
                return string.Join("; ", sent);
            }

            sent.Add(next);
        }
    }

    public static string Describe(WatchSetEvent sent) => sent switch
    {
        WatchSetEvent.Update update => $"{update.MerchantId} {SampleHistory.Describe(update.Event)}",
        WatchSetEvent.Removed removed => $"{removed.MerchantId} removed",
        WatchSetEvent.Failed failed => $"{failed.MerchantId} {failed.Exception.GetType().Name}",
        WatchSetEvent.Checkpoint checkpoint => $"checkpoint without [{string.Join(",", checkpoint.UnconfirmedPartitions)}]",
        _ => throw new ArgumentException($"{sent}"),
    };
}
