using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Watch;

namespace ConnectionStateService.Tests.Watch;

/// <summary>Streams of many merchants: what is added, removed, refused and bounded.</summary>
public sealed class WatchSetTests
{
    private const string Read = nameof(IConnectionStore.ReadAsync);
    private const string ReadPositions = nameof(IConnectionStore.ReadPositionsAsync);

    [Fact]
    public async Task Added_A_merchant_begins_with_its_page_list_and_gets_its_own_commits_alone()
    {
        await using var hub = await TestHub.StartAsync();
        using var set = hub.OpenSet();
        await set.AddAllAsync("a", "b");
        Assert.Equal(["a Initial 0", "b Initial 0"], (await set.NextAsync(2)).Order());

        await hub.CommitAsync("b");
        Assert.Equal(["b changes 1-1"], await set.NextAsync(1));
        await hub.CommitAsync("a", times: 2);

        await set.UntilAsync("a", 2);
        Assert.Equal("", await set.DrainAsync());
    }

    [Fact]
    public async Task Resumable_Merchants_that_missed_nothing_resume_with_one_read_of_positions_and_no_read_of_a_record()
    {
        await using var hub = await TestHub.StartAsync();
        var positions = new List<HistoryPosition>();
        for (var n = 0; n < 20; n++)
        {
            positions.Add(await hub.CommitAsync($"m{n:00}"));
        }

        using var set = hub.OpenSet();
        for (var n = 0; n < 20; n++)
        {
            Assert.Null(await set.AddAsync($"m{n:00}", positions[n], CancellationToken.None));
        }

        set.Resume();

        Assert.Equal(Enumerable.Range(0, 20).Select(n => $"m{n:00} checkpoint 1"), (await set.NextAsync(20)).Order());
        Assert.Equal((0, 1), (hub.Reads, hub.Calls(ReadPositions)));

        await hub.CommitAsync("m07");
        Assert.Equal(["m07 changes 2-2"], await set.NextAsync(1));
    }

    [Theory]
    [InlineData(3, "m changes 4-5")]
    [InlineData(0, "m changes 1-5")]
    [InlineData(9, "m HistoryReplaced 5")]
    public async Task Resumable_A_merchant_gets_what_it_has_missed_or_a_snapshot_that_says_why_not(int revision, string expected)
    {
        await using var hub = await TestHub.StartAsync();
        var at = revision == 9 ? new HistoryPosition(9, 9) : await hub.CommitAsync("m", times: revision);
        await hub.CommitAsync("m", times: 5 - (revision == 9 ? 0 : revision));
        using var set = hub.OpenSet();

        await set.AddAsync("m", at, CancellationToken.None);
        set.Resume();

        Assert.Equal([expected], await set.NextAsync(1));
    }

    [Fact]
    public async Task Resumable_A_commit_between_the_read_of_the_position_and_its_use_is_not_lost()
    {
        await using var hub = await TestHub.StartAsync();
        var at = await hub.CommitAsync("m");
        hub.Store.DropsNotifications = true;
        var gate = hub.PauseAfter(ReadPositions);
        using var set = hub.OpenSet();
        await set.AddAsync("m", at, CancellationToken.None);
        set.Resume();
        await gate.UntilReachedAsync();
        await hub.CommitAsync("m");
        gate.Open();

        Assert.Equal(["m checkpoint 1"], await set.NextAsync(1));
        await hub.ReconcileAsync();
        Assert.Equal(["m changes 2-2"], await set.NextAsync(1));
    }

    [Fact]
    public async Task Added_A_merchant_that_is_there_already_stays_as_it_is()
    {
        await using var hub = await TestHub.StartAsync();
        using var set = hub.OpenSet();
        await set.AddAllAsync("m");
        await set.NextAsync(1);

        await set.AddAllAsync("m", "m");
        Assert.Null(await set.AddAsync("m", new HistoryPosition(7, 7), CancellationToken.None));
        set.Resume();
        await hub.CommitAsync("m");

        Assert.Equal(["m changes 1-1"], await set.NextAsync(1));
        Assert.Equal((1, ""), (set.Members, await set.DrainAsync()));
    }

    [Fact]
    public async Task Removed_Nothing_of_a_merchant_follows_the_answer_and_it_can_be_added_again()
    {
        await using var hub = await TestHub.StartAsync();
        using var set = hub.OpenSet();
        await set.AddAllAsync("m", "other");
        await set.NextAsync(2);
        await hub.CommitAsync("m");
        await hub.UntilCalledAsync(Read, 3);

        await set.RemoveAsync("m", CancellationToken.None);
        await hub.CommitAsync("m");
        await hub.CommitAsync("other");

        var sent = await set.UntilAsync("other", 1);
        Assert.Equal(["m removed", "other changes 1-1"], sent);
        await set.AddAllAsync("m");
        Assert.Equal(["m Initial 2"], await set.NextAsync(1));
    }

    [Fact]
    public async Task Removed_A_merchant_that_is_not_there_is_answered_too()
    {
        await using var hub = await TestHub.StartAsync();
        using var set = hub.OpenSet();

        await set.RemoveAsync("m", CancellationToken.None);

        Assert.Equal(["m removed"], await set.NextAsync(1));
    }

    [Fact]
    public async Task Failed_A_merchant_whose_record_cannot_be_read_fails_alone()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.CommitAsync("bad");
        using (var database = hub.OpenDatabase())
        {
            database.Execute("UPDATE merchant SET record = x'00'");
        }

        await hub.NoticeForeignChangesAsync();
        using var set = hub.OpenSet();
        await set.AddAllAsync("bad", "good");

        Assert.Equal(["bad RecordUnreadableException", "good Initial 0"], (await set.NextAsync(2)).Order());
        Assert.Equal(1, set.Members);
        await hub.CommitAsync("good");
        Assert.Equal(["good changes 1-1"], await set.NextAsync(1));
    }

    [Fact]
    public async Task Failed_Merchants_that_are_added_during_an_outage_fail_and_those_before_stay()
    {
        await using var hub = await TestHub.StartAsync(lists: new() { Starting = 2 });
        using var set = hub.OpenSet();
        await set.AddAllAsync("before");
        await set.NextAsync(1);
        var at = await hub.CommitAsync("resumed");
        hub.Before = method => method.StartsWith("Read", StringComparison.Ordinal) ? throw new StoreUnavailableException("an outage") : Task.CompletedTask;

        await set.AddAllAsync("m1");
        await set.AddAsync("resumed", at, CancellationToken.None);
        set.Resume();
        Assert.Equal(["m1 StoreUnavailableException", "resumed StoreUnavailableException"], (await set.NextAsync(2)).Order());
        hub.Recover();

        // The places of those that failed are free.
        await set.AddAllAsync("m2", "m3");
        Assert.Equal(["m2 Initial 0", "m3 Initial 0"], (await set.NextAsync(2)).Order());
        await hub.CommitAsync("before");
        Assert.Equal(["before changes 1-1"], await set.NextAsync(1));
    }

    [Fact]
    public async Task Bounded_Only_so_many_merchants_are_read_for_a_reader_that_does_not_read()
    {
        await using var hub = await TestHub.StartAsync(lists: new() { Starting = 5 });
        using var set = hub.OpenSet();
        var adding = set.AddAllAsync([.. Enumerable.Range(0, 50).Select(n => $"m{n:00}")]);

        await hub.UntilCalledAsync(Read, 5);
        Assert.False(adding.IsCompleted);
        Assert.Equal((5, 5), (hub.Reads, set.Members));

        var sent = await set.NextAsync(50);
        await adding.WaitAsync(Eventually.Patience);
        Assert.Equal(Enumerable.Range(0, 50).Select(n => $"m{n:00} Initial 0"), sent.Order());
    }

    [Fact]
    public async Task Bounded_Changes_beyond_the_buffer_of_all_merchants_come_when_the_reader_gets_to_them()
    {
        await using var hub = await TestHub.StartAsync(lists: new() { BufferedChanges = 2, Starting = 1 });
        using var set = hub.OpenSet();
        string[] ids = ["a", "b", "c", "d", "e"];
        foreach (var id in ids)
        {
            await set.AddAllAsync(id);
            await set.NextAsync(1);
        }

        var reads = hub.Reads;
        foreach (var id in ids)
        {
            await hub.CommitAsync(id, times: 3);
        }

        // Two merchants fill the buffer, one has the only place, and the others wait.
        await hub.UntilCalledAsync(Read, reads + 5);
        await hub.FallenBehind.WaitForMeasurementsAsync(3).WaitAsync(Eventually.Patience);
        var revisions = new Dictionary<string, long>();
        while (ids.Any(id => revisions.GetValueOrDefault(id) < 3))
        {
            var update = Assert.IsType<WatchSetEvent.Update>(await set.NextEventAsync());
            var changes = Assert.IsType<WatchEvent.Changes>(update.Event);
            Assert.Equal(revisions.GetValueOrDefault(update.MerchantId) + 1, changes.Commits[0].Revision);
            revisions[update.MerchantId] = changes.Position.Revision;
        }

        Assert.Equal("", await set.DrainAsync());
        await hub.CommitAsync("e");
        Assert.Equal(["e changes 4-4"], await set.NextAsync(1));
    }

    [Fact]
    public async Task Bounded_A_merchant_that_missed_more_than_its_buffer_gets_a_FELL_BEHIND_snapshot()
    {
        await using var hub = await TestHub.StartAsync(new() { BufferedChanges = 3 }, new() { BufferedChanges = 1, Starting = 1 });
        using var set = hub.OpenSet();
        await set.AddAllAsync("full");
        await set.NextAsync(1);
        await set.AddAllAsync("behind");
        await set.NextAsync(1);
        await hub.CommitAsync("full");
        await Eventually.TrueAsync(() => Task.FromResult(set.IsFull));

        // It takes the place at once, and what follows is merged with what it got for it.
        await hub.CommitAsync("behind", times: 10);
        await hub.FallenBehind.WaitForMeasurementsAsync(1).WaitAsync(Eventually.Patience);

        var sent = await set.UntilAsync("behind", 10);
        Assert.Equal("full changes 1-1", sent[0]);
        Assert.Contains(sent, item => item.StartsWith("behind FellBehind", StringComparison.Ordinal));
        await hub.CommitAsync("behind");
        Assert.Equal(["behind changes 11-11"], await set.NextAsync(1));
    }

    [Fact]
    public async Task Bounded_A_stream_has_so_many_merchants_and_the_process_so_many_streams()
    {
        await using var hub = await TestHub.StartAsync(new() { StreamsPerMerchant = 1, Streams = 1 }, new() { MerchantsPerStream = 2, Streams = 2 });
        var first = hub.OpenSet();
        using var second = hub.OpenSet();
        var refused = Assert.IsType<WatchFault.LimitExceeded>(hub.Hub.TryOpenSet(out _));
        Assert.Equal((WatchLimitScope.Process, 2), (refused.Scope, refused.Limit));

        await first.AddAllAsync("m", "other");
        await second.AddAllAsync("m");
        var tooMany = Assert.IsType<WatchFault.LimitExceeded>(await first.AddAsync("third", null, CancellationToken.None));
        Assert.Equal((WatchLimitScope.Stream, 2), (tooMany.Scope, tooMany.Limit));
        Assert.Null(await first.AddAsync("m", null, CancellationToken.None));
        await first.RemoveAsync("other", CancellationToken.None);
        await first.AddAllAsync("third");

        // They do not count as streams of a merchant.
        using var screen = hub.Open("m");
        Assert.Equal("Initial 0", await screen.NextAsync());
        hub.OpenRefused("m");

        first.Dispose();
        using var next = hub.OpenSet();
        await next.AddAllAsync("m");
        Assert.Equal(["m Initial 0"], await next.NextAsync(1));
    }

    [Fact]
    public async Task Bounded_A_stream_that_is_closed_leaves_nothing_behind()
    {
        await using var hub = await TestHub.StartAsync();
        var set = hub.OpenSet();
        await set.AddAllAsync([.. Enumerable.Range(0, 100).Select(n => $"m{n}")]);
        await set.NextAsync(50);

        set.Dispose();
        await hub.ReconcileAsync();

        // Nothing is watched: there is nothing to compare.
        Assert.Equal(0, hub.Calls(ReadPositions));
    }

    [Fact]
    public async Task Ends_well_A_stream_without_merchants_to_which_none_can_be_added_is_over()
    {
        await using var hub = await TestHub.StartAsync();
        using var set = hub.OpenSet();
        await set.AddAllAsync("m");
        await set.NextAsync(1);
        set.Complete();

        var waiting = set.WaitAsync(CancellationToken.None).AsTask();
        await hub.CommitAsync("m");
        Assert.True(await waiting.WaitAsync(Eventually.Patience));
        await set.NextAsync(1);
        await set.RemoveAsync("m", CancellationToken.None);
        await set.NextAsync(1);

        Assert.False(await set.WaitAsync(CancellationToken.None).AsTask().WaitAsync(Eventually.Patience));
    }
}
