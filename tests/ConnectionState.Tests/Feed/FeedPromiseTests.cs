using System.Collections.Frozen;
using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Feed;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionStateService.Tests.Feed;

/// <summary>The promises of the feed, each by its name, on any store. A derived class says which.</summary>
public abstract class FeedPromiseTests : IAsyncLifetime
{
    private protected const int A = 10;
    private protected const int B = 200;
    private const int Buffered = 8;

    private static readonly string InA = MerchantIn(A);
    private static readonly string InB = MerchantIn(B);
    private static readonly FeedFilter Everything = new(FrozenSet<State>.Empty, FrozenSet<Provider>.Empty);
    private static readonly FeedFilter Connecting = new(new[] { State.Connected }.ToFrozenSet(), FrozenSet<Provider>.Empty);

    private readonly List<FeedRecorder> streams = [];
    private Service service = null!;

    private protected InterceptedStore Store { get; private set; } = null!;

    private protected Service Service => service;

    /// <summary>Creates the store of a service.</summary>
    private protected abstract IConnectionStore CreateStore(IServiceProvider services);

    /// <summary>Prepares the store, and returns its options.</summary>
    private protected abstract Task<Dictionary<string, string?>> PrepareAsync();

    /// <summary>Loses the newest entries of the feed, as after a failover, so that their numbers are given again.</summary>
    private protected abstract Task LoseNewestAsync(int partition, int count);

    /// <summary>Removes one entry of the feed.</summary>
    private protected abstract Task RemoveEntryAsync(int partition, long number);

    /// <summary>Removes the oldest commits of a merchant's history.</summary>
    private protected abstract Task TrimHistoryAsync(string merchantId, long upTo);

    private protected virtual Task RemoveAsync() => Task.CompletedTask;

    public Task InitializeAsync() => StartAsync([]);

    public async Task DisposeAsync()
    {
        foreach (var stream in streams)
        {
            await stream.DisposeAsync();
        }

        await service.DisposeAsync();
        await RemoveAsync();
    }

    [Fact]
    public async Task Complete_Ordered_Every_commit_comes_once_and_in_its_order_whether_it_is_read_late_or_live()
    {
        var expected = await CommitAsync(InA, 5);
        expected.AddRange(await CommitAsync(InB, 5));
        var stream = Open(All(partition => new FeedStart.At(partition, default)));
        await stream.UntilAsync<FeedEvent.CaughtUp>();
        for (var n = 0; n < 5; n++)
        {
            // Each is read before the next is made, so that the stream stays live.
            expected.AddRange(await CommitAsync(InA, 1));
            expected.AddRange(await CommitAsync(InB, 1));
            await stream.UntilCommitsAsync(expected.Count);
        }

        Assert.DoesNotContain(stream.Events, e => e is FeedEvent.FellBehind);
        Assert.Equal(expected.Where(c => c.Merchant == InA), stream.Commits.Where(c => c.Merchant == InA));
        Assert.Equal(expected.Where(c => c.Merchant == InB), stream.Commits.Where(c => c.Merchant == InB));
        Assert.Empty(stream.Resets);
    }

    [Fact]
    public async Task Complete_Commits_that_are_made_while_a_stream_catches_up_are_not_missed()
    {
        var expected = await CommitAsync(InA, 10);
        var stream = Open([new FeedStart.At(A, default)]);
        for (var n = 0; n < 10; n++)
        {
            await stream.PullAsync();
            expected.AddRange(await CommitAsync(InA, n));
        }

        await stream.UntilCommitsAsync(expected.Count);

        Assert.Equal(expected, stream.Commits);
    }

    [Fact]
    public async Task Atomic_All_changes_of_a_commit_are_in_one_message()
    {
        var stream = Open(All(partition => new FeedStart.Now(partition)));
        await stream.UntilAsync<FeedEvent.CaughtUp>();
        await new ApiMerchant(service.Client, InA).ConnectAsync(ApiMerchant.A);
        var history = await Store.ReadCommitsAsync(InA, 0, 100, default);

        await stream.UntilCommitsAsync(history.Length);

        var sent = stream.Events.OfType<FeedEvent.Committed>().Select(e => e.Commit.Commit!).ToList();
        Assert.Equal(history.Select(RecordText.Of), sent.Select(RecordText.Of));
        Assert.Contains(sent, commit => commit.Changes.Length > 1);
    }

    [Fact]
    public async Task At_least_once_A_stream_that_begins_at_an_earlier_position_repeats_commits_with_their_ids()
    {
        var commits = await CommitAsync(InA, 3);
        var first = Open([new FeedStart.At(A, default)]);
        await first.UntilCommitsAsync(3);

        var second = Open([new FeedStart.At(A, first.PositionsOf(A)[0])]);
        await second.UntilCommitsAsync(2);

        Assert.Equal(commits.Skip(1), second.Commits);
    }

    [Fact]
    public async Task Resumable_A_stream_continues_exactly_after_every_position_that_was_sent()
    {
        var commits = await CommitAsync(InA, 4);
        await CommitAsync(InB, 2);
        commits.AddRange(await CommitAsync(InA, 4));
        var first = Open([new FeedStart.At(A, default), new FeedStart.At(B, default)]);
        await first.UntilAsync<FeedEvent.CaughtUp>();

        var positions = first.PositionsOf(A).Take(commits.Count).ToList();
        for (var n = 0; n < positions.Count; n++)
        {
            var resumed = Open([new FeedStart.At(A, positions[n])]);
            await resumed.UntilAsync<FeedEvent.CaughtUp>();
            Assert.Equal(commits.Skip(n + 1), resumed.Commits);
            Assert.Empty(resumed.Resets);
        }
    }

    // SpiceDB sent checkpoints of one revision for all of its shards (its pull request 3362): after a resume, what a shard had not sent yet was skipped.
    [Fact]
    public async Task Per_partition_A_checkpoint_speaks_for_no_partition_that_is_further_behind()
    {
        var commits = await CommitAsync(InA, FeedSource.PageSize + 20);
        commits.AddRange(await CommitAsync(InA, 1, Connecting.States));
        await CommitAsync(InB, 1);
        var behind = Open([new FeedStart.At(A, default), new FeedStart.Now(B)], Connecting);

        // Longer than half of the interval, so that a checkpoint is due after the first page, which the filter skips.
        Store.Before = method => method == nameof(IFeed.ReadFeedAsync) ? Task.Delay(TimeSpan.FromMilliseconds(200)) : Task.CompletedTask;
        await behind.UntilAsync<FeedEvent.Checkpoint>();
        Store.Before = _ => Task.CompletedTask;
        Assert.Empty(behind.Commits);

        var resumed = Open([new FeedStart.At(A, behind.PositionsOf(A)[^1])], Connecting);
        await resumed.UntilAsync<FeedEvent.CaughtUp>();

        Assert.Equal([commits[^1]], resumed.Commits);
    }

    [Fact]
    public async Task Live_or_not_A_stream_says_when_it_has_everything_and_when_it_has_not()
    {
        var slow = Open([new FeedStart.At(A, default)]);
        await CommitAsync(InA, 1);
        await slow.UntilAsync<FeedEvent.CaughtUp>();
        Assert.Single(slow.Commits);

        await CommitAsync(InA, 3 * Buffered);
        await UntilBufferedAsync(3 * Buffered);
        var behind = await slow.UntilAsync<FeedEvent.FellBehind>();
        Assert.Equal((3 * Buffered, 1), (behind.Behind, slow.Commits.Count));
        await slow.UntilAsync<FeedEvent.CaughtUp>();

        Assert.Equal(1 + (3 * Buffered), slow.Commits.Count);
    }

    [Fact]
    public async Task Bounded_A_slow_reader_gets_everything_in_the_end_and_a_fast_one_notices_nothing()
    {
        var (slow, fast) = (Open([new FeedStart.At(A, default)]), Open([new FeedStart.At(A, default)]));
        await slow.UntilAsync<FeedEvent.CaughtUp>();
        await fast.UntilAsync<FeedEvent.CaughtUp>();

        List<SentCommit> expected = [];
        for (var n = 1; n <= 5 * Buffered; n++)
        {
            expected.AddRange(await CommitAsync(InA, 1));
            await fast.UntilCommitsAsync(n);
        }

        await slow.UntilCommitsAsync(expected.Count);
        Assert.Equal(expected, fast.Commits);
        Assert.Equal(expected, slow.Commits);
        Assert.DoesNotContain(fast.Events, e => e is FeedEvent.FellBehind or FeedEvent.Reset);
        Assert.DoesNotContain(slow.Events, e => e is FeedEvent.Reset);
    }

    [Theory]
    [InlineData(true, Buffered)]
    [InlineData(false, 40)]
    public async Task Bounded_What_a_slow_stream_keeps_is_bounded_in_bytes(bool isLive, int count)
    {
        string[] merchants = [.. Enumerable.Range(0, 15_000).Select(n => $"shop-{n}").Where(id => Partition.Of(id) == A).Take(count)];
        var stream = Open([isLive ? new FeedStart.Now(A) : new FeedStart.At(A, default)], includesPageLists: true);
        if (isLive)
        {
            await stream.UntilAsync<FeedEvent.CaughtUp>();
        }

        List<SentCommit> expected = [];
        foreach (var merchant in merchants)
        {
            expected.Add(await CommitLargeAsync(merchant, changes: 150, textLength: 15_000));
        }

        if (isLive)
        {
            await UntilBufferedAsync(count);
        }

        var most = 0L;
        while (stream.Commits.Count < count)
        {
            await stream.PullAsync();
            most = Math.Max(most, stream.HeldSize);
        }

        Assert.InRange(most, FeedSize.MaxCommits / 2, FeedSize.MaxCommits + FeedSize.MaxPageLists);
        Assert.Equal(expected, stream.Commits);
        Assert.Equal(
            expected.Select(commit => (HistoryPosition?)commit.Position), stream.Events.OfType<FeedEvent.Committed>().Select(e => e.Merchant?.Position));
    }

    [Fact]
    public async Task Bounded_A_commit_that_is_too_large_for_a_message_is_superseded_by_what_is_true()
    {
        var large = await CommitLargeAsync(InA, changes: 4_000, textLength: 10);
        var small = await CommitAsync(InA, 1);

        var stream = Open([new FeedStart.At(A, default)]);
        await stream.UntilAsync<FeedEvent.CaughtUp>();

        var superseded = Assert.Single(stream.Events.OfType<FeedEvent.Superseded>());
        Assert.Equal((large.Position.CommitId, small[0].Position), (superseded.Position.Point.CommitId, superseded.Merchant!.Position));
        Assert.Equal(small, stream.Commits);
    }

    [Fact]
    public async Task A_snapshot_of_large_page_lists_comes_in_parts_that_are_bounded_in_bytes()
    {
        string[] merchants = [.. Enumerable.Range(0, 15_000).Select(n => $"shop-{n}").Where(id => Partition.Of(id) == A).Take(20)];
        foreach (var merchant in merchants)
        {
            await CommitLargeAsync(merchant, changes: 1, textLength: 15_000);
        }

        var stream = Open([new FeedStart.Snapshot(A)]);
        await stream.UntilAsync<FeedEvent.CaughtUp>();

        var parts = stream.Events.OfType<FeedEvent.Snapshot>().ToList();
        Assert.Equal(merchants.Order(StringComparer.Ordinal), Merchants(stream).Select(merchant => merchant.Id));
        Assert.All(parts, part => Assert.InRange(part.Merchants.Sum(merchant => FeedSize.Of(merchant.Merchant)), 1, FeedSize.MaxPageLists));
        Assert.Single(parts, part => part.Last is not null);
    }

    [Fact]
    public async Task Page_lists_are_read_many_at_once_and_that_of_a_merchant_once()
    {
        string[] merchants = [.. Enumerable.Range(0, 5_000).Select(n => $"shop-{n}").Where(id => Partition.Of(id) == A).Take(6)];
        foreach (var merchant in merchants.Concat(merchants))
        {
            await CommitAsync(merchant, 1);
        }

        var (reads, all) = (0, new TaskCompletionSource());
        Store.Before = method =>
        {
            if (method != nameof(IMerchantRecords.ReadAsync))
            {
                return Task.CompletedTask;
            }

            if (Interlocked.Increment(ref reads) == merchants.Length)
            {
                all.SetResult();
            }

            return all.Task.WaitAsync(Eventually.Patience);
        };
        var stream = Open([new FeedStart.At(A, default)], includesPageLists: true);
        await stream.UntilAsync<FeedEvent.CaughtUp>();

        Assert.Equal(merchants.Length, reads);
        Assert.Equal(merchants, stream.Events.OfType<FeedEvent.Committed>().Where(e => e.Merchant is not null).Select(e => e.Commit.Entry.MerchantId));
    }

    [Fact]
    public async Task A_stream_of_few_partitions_reads_no_histories_of_other_partitions()
    {
        var expected = await CommitAsync(InA, 3);
        await CommitAsync(InB, 20);
        var read = Store.CommitsRead;
        var stream = Open([new FeedStart.At(A, default)]);
        await stream.UntilAsync<FeedEvent.CaughtUp>();
        await CommitAsync(InB, 4);
        expected.AddRange(await CommitAsync(InA, 1));
        await stream.UntilCommitsAsync(4);

        Assert.Equal(expected, stream.Commits);
        Assert.Equal(4, Store.CommitsRead - read);

        // What was not read for the first stream is read for the second one.
        var other = Open([new FeedStart.At(B, default)]);
        await other.UntilAsync<FeedEvent.CaughtUp>();
        await CommitAsync(InB, 1);
        await other.UntilCommitsAsync(25);
        Assert.Empty(other.Events.OfType<FeedEvent.Superseded>());
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, false)]
    [InlineData(1, false)]
    public async Task Complete_A_position_is_reset_once_commits_after_it_may_be_trimmed_and_that_partition_alone(int offset, bool resets)
    {
        await RestartAsync(new() { ["Store:KeptFeedCommits"] = "1" });
        var commits = await CommitAsync(InA, 600);
        var before = (await SpanAsync(B)).Last;
        await CommitAsync(InB, 1);
        var kept = await SpanAsync(A);
        Assert.True(kept.First.Number > 2, "The test needs a trimmed feed.");
        var number = kept.First.Number + offset;

        var stream = Open([new FeedStart.At(A, new(number, commits[(int)number - 1].Position.CommitId)), new FeedStart.At(B, before)]);
        await stream.UntilAsync<FeedEvent.CaughtUp>();

        FeedEvent.Reset[] expected = resets ? [new(A, FeedResetReason.Trimmed)] : [];
        string[] snapshots = resets ? [InA] : [];
        Assert.Equal(expected, stream.Resets);
        Assert.Equal(commits.Skip(resets ? commits.Count : (int)number), stream.Commits.Where(c => c.Merchant == InA));
        Assert.Single(stream.Commits, c => c.Merchant == InB);
        Assert.Equal(snapshots, Merchants(stream).Select(merchant => merchant.Id));
    }

    [Fact]
    public async Task Complete_A_position_of_another_commit_or_beyond_the_end_is_reset_as_replaced()
    {
        await CommitAsync(InA, 2);
        var last = (await SpanAsync(A)).Last;

        foreach (var position in (FeedPoint[])[last with { CommitId = 1 }, last with { Number = last.Number + 1 }])
        {
            var stream = Open([new FeedStart.At(A, position)]);
            await stream.UntilAsync<FeedEvent.CaughtUp>();

            Assert.Equal(new FeedEvent.Reset(A, FeedResetReason.Replaced), Assert.Single(stream.Resets));
            Assert.Equal([InA], Merchants(stream).Select(merchant => merchant.Id));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Complete_A_live_stream_is_reset_when_the_store_loses_commits_that_it_has_sent(int committedAgain)
    {
        await CommitAsync(InA, 5);
        var stream = Open([new FeedStart.At(A, default)]);
        await stream.UntilAsync<FeedEvent.CaughtUp>();

        await LoseNewestAsync(A, 2);
        var again = await CommitAsync(InA, committedAgain);
        Assert.Equal(new FeedEvent.Reset(A, FeedResetReason.Replaced), await stream.UntilAsync<FeedEvent.Reset>());
        var last = await stream.UntilAsync<FeedEvent.Snapshot>();

        Assert.Equal(again[^1].Position, Assert.Single(last.Merchants).Merchant!.Position);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Complete_A_missing_entry_is_reset_as_replaced_and_the_stream_goes_on(int position)
    {
        var commits = await CommitAsync(InA, 5);
        var first = await Store.ReadFeedAsync(Store.FeedLanes == 1 ? 0 : A, 1, 1, default);
        await RemoveEntryAsync(A, 3);

        var stream = Open([new FeedStart.At(A, position == 0 ? default : first[0].Point)]);
        await stream.UntilAsync<FeedEvent.CaughtUp>();
        var later = await CommitAsync(InA, 1);
        await stream.UntilCommitsAsync(1);

        Assert.Equal(new FeedEvent.Reset(A, FeedResetReason.Replaced), Assert.Single(stream.Resets));
        Assert.Equal(commits[^1].Position, Assert.Single(Merchants(stream)).Merchant!.Position);
        Assert.Equal(later, stream.Commits);
    }

    [Fact]
    public async Task Live_or_not_A_lane_that_cannot_be_read_is_not_confirmed()
    {
        var stream = Open([new FeedStart.Now(A)]);
        await stream.UntilAsync<FeedEvent.CaughtUp>();
        var (hub, reads) = (service.Services.GetRequiredService<FeedHub>(), 0);
        Store.Before = method => method is nameof(IFeed.ReadFeedAsync) && Interlocked.Increment(ref reads) > 0
            ? throw new InvalidOperationException("damaged")
            : Task.CompletedTask;
        await CommitAsync(InA, 1);

        // The second try comes after the first one has failed.
        await Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref reads) > 1));
        var since = service.Services.GetRequiredService<TimeProvider>().GetTimestamp();
        await hub.ReconcileAsync(default);
        Assert.False(hub.IsConfirmedSince(hub.Source.LaneOf(A), since));

        Store.Before = _ => Task.CompletedTask;
        await stream.UntilCommitsAsync(1);
    }

    [Fact]
    public async Task Complete_A_commit_whose_notification_is_lost_comes_with_the_next_comparison()
    {
        var stream = Open([new FeedStart.Now(A)]);
        await stream.UntilAsync<FeedEvent.CaughtUp>();
        Store.DropsNotifications = true;

        var expected = await CommitAsync(InA, 2);
        await stream.UntilCommitsAsync(2);

        Assert.Equal(expected, stream.Commits);
    }

    [Fact]
    public async Task Complete_An_open_stream_survives_an_outage_of_the_store()
    {
        var stream = Open([new FeedStart.Now(A)]);
        await stream.UntilAsync<FeedEvent.CaughtUp>();
        Store.Before = method => method is nameof(IFeed.ReadFeedAsync) or nameof(IFeed.ReadFeedSpansAsync)
            ? throw new StoreUnavailableException("an outage")
            : Task.CompletedTask;
        var expected = await CommitAsync(InA, 3 * Buffered);
        var pulling = stream.UntilCommitsAsync(expected.Count);
        Store.Before = _ => Task.CompletedTask;

        await pulling;

        Assert.Equal(expected, stream.Commits);
    }

    [Fact]
    public async Task A_stream_that_is_opened_during_an_outage_fails()
    {
        Store.Before = _ => throw new StoreUnavailableException("an outage");

        await Assert.ThrowsAsync<StoreUnavailableException>(Open([new FeedStart.Now(A)]).PullAsync);

        Store.Before = _ => Task.CompletedTask;
    }

    [Fact]
    public async Task A_snapshot_taken_while_others_commit_and_the_commits_after_it_make_a_true_copy()
    {
        string[] merchants = [.. Enumerable.Range(0, 150_000).Select(n => $"shop-{n}").Where(id => Partition.Of(id) == A).Take(FeedSource.SnapshotSize + 30)];
        foreach (var merchant in merchants)
        {
            await CommitAsync(merchant, 1);
        }

        var copy = new Dictionary<string, ulong>();
        var read = 0;
        var stream = Open([new FeedStart.Snapshot(A)]);
        Assert.Equal(new FeedEvent.Reset(A, FeedResetReason.Requested), await stream.PullAsync());
        for (var n = 0; n < 15; n++)
        {
            // Some before the part of the snapshot that has them, some after it.
            await CommitAsync(merchants[3 + (n % 3)], 1);
            await CommitAsync(merchants[^(1 + (n % 3))], 1);
            await ApplyAsync(await stream.PullAsync());
        }

        var last = (await SpanAsync(A)).Last;
        while (!stream.PositionsOf(A).Contains(last))
        {
            await ApplyAsync(await stream.PullAsync());
        }

        foreach (var merchant in merchants)
        {
            Assert.Equal((await Store.ReadAsync(merchant, MerchantParts.PageList, default)).CommitId, copy[merchant]);
        }

        Assert.Equal(2, stream.Events.OfType<FeedEvent.Snapshot>().Count(part => part.Last is null) + 1);
        Assert.True(read < 20, $"{read} merchants had to be read.");

        // The rule of consumers, as docs/feed.md has it.
        async Task ApplyAsync(FeedEvent sent)
        {
            switch (sent)
            {
                case FeedEvent.Snapshot part:
                    foreach (var (id, merchant) in part.Merchants)
                    {
                        copy.Add(id, merchant!.CommitId);
                    }

                    break;
                case FeedEvent.Committed { Commit: var commit }:
                    var known = copy.GetValueOrDefault(commit.Entry.MerchantId);
                    if (known == commit.Commit!.PreviousId)
                    {
                        copy[commit.Entry.MerchantId] = commit.Commit.Id;
                    }
                    else if (known != commit.Commit.Id)
                    {
                        read++;
                        copy[commit.Entry.MerchantId] = (await Store.ReadAsync(commit.Entry.MerchantId, MerchantParts.PageList, default)).CommitId;
                    }

                    break;
            }
        }
    }

    [Fact]
    public async Task A_commit_that_is_no_longer_in_the_history_is_superseded_by_what_is_true()
    {
        var commits = await CommitAsync(InA, 3);
        await TrimHistoryAsync(InA, upTo: 2);

        var stream = Open([new FeedStart.At(A, default)]);
        await stream.UntilAsync<FeedEvent.CaughtUp>();

        var superseded = stream.Events.OfType<FeedEvent.Superseded>().ToList();
        Assert.Equal(2, superseded.Count);
        Assert.All(superseded, e => Assert.Equal((InA, commits[2].Position), (e.MerchantId, e.Merchant!.Position)));
        Assert.Equal([commits[2]], stream.Commits);
    }

    [Fact]
    public async Task Page_lists_come_with_the_newest_commit_of_a_merchant_and_never_with_an_older_one()
    {
        var commits = await CommitAsync(InA, 3);
        var stream = Open([new FeedStart.At(A, default)], includesPageLists: true);
        await stream.UntilAsync<FeedEvent.CaughtUp>();
        commits.AddRange(await CommitAsync(InA, 1));
        await stream.UntilCommitsAsync(4);

        HistoryPosition?[] lists = [.. stream.Events.OfType<FeedEvent.Committed>().Select(e => e.Merchant?.Position)];
        Assert.Equal([null, null, commits[2].Position, commits[3].Position], lists);
    }

    [Fact]
    public async Task A_filter_selects_commits_and_the_position_moves_over_the_others()
    {
        await CommitAsync(InA, 2);
        var selected = await CommitAsync(InA, 1, Connecting.States);
        await CommitAsync(InA, 2);

        var stream = Open([new FeedStart.At(A, default)], Connecting);
        await stream.UntilAsync<FeedEvent.CaughtUp>();

        Assert.Equal(selected, stream.Commits);
        Assert.Equal((await SpanAsync(A)).Last, stream.PositionsOf(A)[^1]);
    }

    [Fact]
    public async Task A_quiet_stream_gets_checkpoints()
    {
        var stream = Open([new FeedStart.Now(A)]);
        await stream.UntilAsync<FeedEvent.CaughtUp>();

        await stream.UntilAsync<FeedEvent.Checkpoint>();
        await stream.UntilAsync<FeedEvent.Checkpoint>();
    }

    private async Task RestartAsync(Dictionary<string, string?> settings)
    {
        await service.DisposeAsync();
        await StartAsync(settings);
    }

    private async Task StartAsync(Dictionary<string, string?> settings) => service = await Service.StartAsync(
        new(settings.Concat(await PrepareAsync()))
        {
            ["Feed:BufferedCommits"] = $"{Buffered}",
            ["Feed:CheckpointInterval"] = "00:00:00.300",
            ["Feed:ReconciliationInterval"] = "00:00:00.100",
        },
        services => services.AddSingleton<IConnectionStore>(provider => Store = new InterceptedStore(CreateStore(provider))));

    private protected FeedRecorder Open(IEnumerable<FeedStart> starts, FeedFilter? filter = null, bool includesPageLists = false)
    {
        var hub = service.Services.GetRequiredService<FeedHub>();
        var opened = new FeedRecorder(hub.TryOpen(new([.. starts], filter ?? Everything, includesPageLists))!);
        streams.Add(opened);
        return opened;
    }

    // The commits need not be possible by the rules.
    private protected async Task<List<SentCommit>> CommitAsync(string merchantId, int count, IEnumerable<State>? into = null)
    {
        var commits = new List<SentCommit>();
        for (var n = 0; n < count; n++)
        {
            var request = StoreSamples.After(await Store.ReadAsync(merchantId, MerchantParts.All, default));
            ImmutableArray<Change> changes =
                [.. (into ?? []).Select(state => new Change.Transition(StoreSamples.Page, Trigger.Grant, State.Pending, state, Cause.None, null, null, 1))];
            var result = await Store.CommitAsync(
                changes.IsEmpty ? request : request with { Commit = request.Commit with { Changes = changes } }, default);
            Assert.True(result.Succeeded);
            commits.Add(new(merchantId, result.Current.Position));
        }

        return commits;
    }

    // A commit with many changes, on a merchant with a long text.
    private async Task<SentCommit> CommitLargeAsync(string merchantId, int changes, int textLength)
    {
        var read = await Store.ReadAsync(merchantId, MerchantParts.All, default);
        var connection = StoreSamples.FullRecord(merchantId).Connections[0] with { PageName = new string('x', textLength) };
        var request = StoreSamples.After(read, read.Record with { Connections = [connection] });
        request = request with { Commit = request.Commit with { Changes = [.. Enumerable.Repeat(request.Commit.Changes[0], changes)] } };
        var result = await Store.CommitAsync(request, default);
        Assert.True(result.Succeeded);
        return new(merchantId, result.Current.Position);
    }

    private async Task UntilBufferedAsync(long items) => await Eventually.TrueAsync(
        () => Task.FromResult(service.Services.GetRequiredService<FeedHub>().Buffer.End >= items));

    private protected async Task<FeedSpan> SpanAsync(int partition) =>
        (await Store.ReadFeedSpansAsync(default))[Store.FeedLanes == 1 ? 0 : partition]!.Value;

    private static IEnumerable<(string Id, StoredMerchant? Merchant)> Merchants(FeedRecorder stream) =>
        stream.Events.OfType<FeedEvent.Snapshot>().SelectMany(part => part.Merchants);

    private static IEnumerable<FeedStart> All(Func<int, FeedStart> start) => Enumerable.Range(0, Partition.Count).Select(start);

    private protected static string MerchantIn(int partition) => Enumerable.Range(0, int.MaxValue).Select(n => $"merchant-{n}").First(id => Partition.Of(id) == partition);
}
