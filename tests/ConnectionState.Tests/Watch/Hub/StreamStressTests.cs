using ConnectionStateService.Watch;

namespace ConnectionStateService.Tests.Watch.Hub;

/// <summary>One puts in and one takes out at the same time, as fast as they can.</summary>
public sealed class StreamStressTests
{
    private const int Last = 20_000;

    [Fact]
    public async Task Without_a_bound_every_commit_comes_once_and_in_order()
    {
        using var stream = TestStreams.New(bufferedChanges: int.MaxValue);

        var taken = await RunAsync(stream, seed: 1);

        Assert.All(taken, delivery => Assert.IsNotType<WatchEvent.Snapshot>(delivery));
        AssertComplete(taken);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(64)]
    public async Task With_a_bound_every_commit_comes_once_or_is_covered_by_a_newer_list(int bound)
    {
        using var stream = TestStreams.New(bound);

        AssertComplete(await RunAsync(stream, seed: bound));
    }

    private static async Task<List<WatchEvent>> RunAsync(WatchStream stream, int seed)
    {
        var putting = Task.Run(() => PutAsync(stream, new Random(seed)));
        var taken = await Task.Run(() => TakeAsync(stream, new Random(-seed)));
        await putting;
        return taken;
    }

    private static async Task PutAsync(WatchStream stream, Random random)
    {
        var at = 0;
        while (at < Last)
        {
            var next = Math.Min(Last, at + random.Next(1, 4));
            stream.Tell(SampleHistory.Changes(at + 1, next));
            at = next;
            if (random.Next(4) == 0)
            {
                stream.Tell(SampleHistory.Checkpoint(at));
            }

            if (random.Next(8) == 0)
            {
                await Task.Yield();
            }
        }
    }

    // Gives up now and then, at any time: that must not lose anything either.
    private static async Task<List<WatchEvent>> TakeAsync(WatchStream stream, Random random)
    {
        var taken = new List<WatchEvent>();
        while (taken.Count == 0 || taken[^1].Position.Revision < Last)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            var next = stream.ReadAsync(patience.Token);
            var gaveUp = random.Next(4) == 0;
            if (gaveUp)
            {
                await patience.CancelAsync();
            }

            try
            {
                taken.Add(await next);
            }
            catch (OperationCanceledException) when (gaveUp)
            {
                await Task.Yield();
            }
        }

        return taken;
    }

    private static void AssertComplete(List<WatchEvent> taken)
    {
        var at = 0L;
        foreach (var delivery in taken)
        {
            switch (delivery)
            {
                case WatchEvent.Changes changes:
                    Assert.Equal(Enumerable.Range((int)at + 1, changes.Commits.Length), changes.Commits.Select(c => (int)c.Revision));
                    break;

                case WatchEvent.Snapshot snapshot:
                    Assert.Equal(SnapshotReason.FellBehind, snapshot.Reason);
                    Assert.True(snapshot.Position.Revision > at, "The newest list is older than what was told already.");
                    break;

                default:
                    Assert.Equal(at, delivery.Position.Revision);
                    break;
            }

            at = delivery.Position.Revision;
        }

        Assert.Equal(Last, at);
    }
}
