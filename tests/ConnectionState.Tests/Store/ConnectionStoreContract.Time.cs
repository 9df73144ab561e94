using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>The store's clock and the deadline queue.</summary>
public abstract partial class ConnectionStoreContract
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    private DateTimeOffset Now => clock.GetUtcNow();

    [Fact]
    public async Task GetTime_follows_the_clock_in_whole_milliseconds()
    {
        var start = await TimeAsync();
        Assert.Equal(StoreSamples.Time, start);

        clock.Advance(TimeSpan.FromTicks(19_999));
        Assert.Equal(start + Millisecond, await TimeAsync());

        clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(start + (2 * Millisecond), await TimeAsync());
    }

    [Fact]
    public async Task A_merchant_is_due_at_its_deadline_and_not_before()
    {
        var deadline = Now + TimeSpan.FromHours(1);
        await CommitDueAsync(M, deadline);

        clock.Advance(TimeSpan.FromHours(1) - Millisecond);
        Assert.Empty(await DueAsync());

        clock.Advance(Millisecond);
        Assert.Equal([new DueMerchant(M, deadline)], await DueAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4_999)]
    [InlineData(5_001)]
    [InlineData(9_999)]
    public async Task A_deadline_within_a_millisecond_is_never_early(int ticks)
    {
        var deadline = Now.AddTicks(ticks);
        await CommitDueAsync(M, deadline);
        Assert.Empty(await DueAsync());

        clock.Advance(Millisecond);

        var due = Assert.Single(await DueAsync());
        Assert.InRange(due.Deadline, deadline, Now);
    }

    [Fact]
    public async Task A_rescheduled_deadline_within_a_millisecond_is_never_early()
    {
        await CommitDueAsync(M, Now);

        await RescheduleAsync(Assert.Single(await DueAsync()), Now.AddTicks(1));

        Assert.Empty(await DueAsync());
        clock.Advance(Millisecond);
        Assert.Single(await DueAsync());
    }

    [Fact]
    public async Task FindDue_returns_the_most_overdue_merchants_first_up_to_the_limit()
    {
        await CommitDueAsync("merchant-1", Now - TimeSpan.FromHours(2));
        await CommitDueAsync("merchant-3", Now - TimeSpan.FromDays(2));
        await CommitDueAsync("merchant-2", Now);
        await CommitDueAsync("merchant-0", Now + Millisecond);

        Assert.Equal(["merchant-3", "merchant-1", "merchant-2"], (await DueAsync()).Select(d => d.MerchantId));
        Assert.Equal(2, (await DueAsync(limit: 2)).Length);
    }

    [Fact]
    public async Task A_commit_without_a_deadline_removes_the_deadline()
    {
        await CommitDueAsync(M, Now);

        await CommitDueAsync(M, null);

        Assert.Empty(await DueAsync());
    }

    [Fact]
    public async Task A_commit_replaces_the_deadline()
    {
        await CommitDueAsync(M, Now);
        await CommitDueAsync(M, Now + Millisecond);
        Assert.Empty(await DueAsync());

        clock.Advance(Millisecond);

        Assert.Equal([new DueMerchant(M, Now)], await DueAsync());
    }

    [Fact]
    public async Task Reschedule_changes_only_the_deadline()
    {
        var request = StoreSamples.After(await ReadAsync(M), StoreSamples.FullRecord(M), Now);
        await MustCommitAsync(request);

        await RescheduleAsync(new DueMerchant(M, Now), Now + Millisecond);

        Assert.Empty(await DueAsync());
        clock.Advance(Millisecond);
        Assert.Equal([new DueMerchant(M, Now)], await DueAsync());
        AssertStored(request, await ReadAsync(M));
        Assert.Single(await HistoryAsync(M));
    }

    [Fact]
    public async Task Reschedule_to_null_removes_the_deadline()
    {
        await CommitDueAsync(M, Now);

        await RescheduleAsync(new DueMerchant(M, Now), null);

        clock.Advance(TimeSpan.FromDays(10_000));
        Assert.Empty(await DueAsync());
    }

    [Fact]
    public async Task A_commit_after_Reschedule_stores_its_deadline_even_if_it_is_the_one_before()
    {
        await CommitDueAsync(M, Now);
        await RescheduleAsync(new DueMerchant(M, Now), null);

        await CommitDueAsync(M, Now);

        Assert.Equal([new DueMerchant(M, Now)], await DueAsync());
    }

    [Fact]
    public async Task Reschedule_does_nothing_if_a_commit_changed_the_deadline()
    {
        var seen = new DueMerchant(M, Now);
        await CommitDueAsync(M, Now);
        await CommitDueAsync(M, Now - Millisecond);

        await RescheduleAsync(seen, Now + TimeSpan.FromDays(1));

        Assert.Equal([new DueMerchant(M, Now - Millisecond)], await DueAsync());
    }

    [Fact]
    public async Task Reschedule_does_nothing_if_a_commit_removed_the_deadline()
    {
        var seen = new DueMerchant(M, Now);
        await CommitDueAsync(M, Now);
        await CommitDueAsync(M, null);

        await RescheduleAsync(seen, Now);

        Assert.Empty(await DueAsync());
    }

    private async Task<DateTimeOffset> TimeAsync() => await store.GetTimeAsync(CancellationToken.None);

    private async Task<DueMerchant[]> DueAsync(int limit = 100) => [.. await store.FindDueAsync(limit, CancellationToken.None)];

    private async Task RescheduleAsync(DueMerchant due, DateTimeOffset? deadline) =>
        await store.RescheduleAsync(due, deadline, CancellationToken.None);

    private async Task CommitDueAsync(string merchantId, DateTimeOffset? deadline) =>
        await MustCommitAsync(StoreSamples.After(await ReadAsync(merchantId), deadline: deadline));
}
