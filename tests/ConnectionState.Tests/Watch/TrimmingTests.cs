using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.Tests.Watch;

/// <summary>The history is trimmed while streams are away.</summary>
public sealed class TrimmingTests
{
    private static readonly WatchExpectations Expectations = new() { KeptCommits = 50 };

    private static readonly Dictionary<string, string?> Settings = new() { ["Store:KeptCommits"] = "50" };

    [Theory]
    [InlineData(49)]
    [InlineData(50)]
    public async Task Resumable_What_was_missed_and_is_kept_is_told_exactly(int missed)
    {
        await using var service = await Service.StartAsync(Settings);
        await using var merchant = new WatchedMerchant(service);
        var token = await LeaveAsync(merchant);

        await merchant.CommitAsync(missed);
        var first = await merchant.Open(token).FirstAsync();

        Assert.Equal(Enumerable.Range(4, missed).Select(r => (long)r), first.Revisions);
        await merchant.AssertKeptAsync(Expectations);
    }

    [Theory]
    [InlineData(51)]
    [InlineData(500)]
    public async Task Resumable_Where_what_was_missed_is_trimmed_the_stream_begins_with_the_list_and_says_so(int missed)
    {
        await using var service = await Service.StartAsync(Settings);
        await using var merchant = new WatchedMerchant(service);
        var token = await LeaveAsync(merchant);

        await merchant.CommitAsync(missed);
        var stream = await merchant.BeginAsync(token);
        await merchant.CommitAsync();
        await merchant.CaughtUpAsync(stream);

        var first = await stream.FirstAsync();
        Assert.Equal((Reason.HistoryTrimmed, 3 + missed), (first.Reason, first.List!.Revision));
        Assert.Equal([4L + missed], stream.Stream.Messages.SelectMany(m => m.Revisions));
        await merchant.AssertKeptAsync(Expectations);
    }

    [Fact]
    public async Task Reliable_A_stream_that_is_open_misses_nothing_of_what_is_trimmed_behind_it()
    {
        await using var service = await Service.StartAsync(new() { ["Store:KeptCommits"] = "1" });
        await using var merchant = new WatchedMerchant(service);
        var stream = await merchant.BeginAsync();

        for (var revision = 1; revision <= 50; revision++)
        {
            await merchant.CommitAsync();
            await merchant.CaughtUpAsync(stream);
        }

        Assert.Equal(50, stream.Stream.Messages.Sum(m => m.Changes.Count));
        await merchant.AssertKeptAsync(new() { KeptCommits = 1 });
    }

    [Fact]
    public async Task Resumable_A_thousand_resumes_around_what_is_being_trimmed_leave_no_gap()
    {
        await using var service = await Service.StartAsync(Settings, listens: true);
        await using var merchant = new WatchedMerchant(service);
        await merchant.CommitAsync(120);

        using var done = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                await merchant.CommitAsync();
            }
        });
        var firsts = new ReceivedMessage[1_000];
        await Parallel.ForAsync(0, firsts.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            var stream = merchant.OpenAt(merchant.Back(40 + (i % 16)));
            firsts[i] = await stream.FirstAsync();
            await stream.HangUpAsync();
        });
        await done.CancelAsync();
        await writing;

        Assert.InRange(firsts.Count(m => m.Reason is Reason.HistoryTrimmed), 100, 900);
        Assert.InRange(firsts.Count(m => m.IsChanges), 100, 900);
        await merchant.AssertKeptAsync(Expectations);
    }

    // A stream that was told of three commits and hung up.
    private static async Task<string?> LeaveAsync(WatchedMerchant merchant)
    {
        var stream = await merchant.BeginAsync();
        await merchant.CommitAsync(3);
        await merchant.CaughtUpAsync(stream);
        await stream.HangUpAsync();
        return stream.Token;
    }
}
