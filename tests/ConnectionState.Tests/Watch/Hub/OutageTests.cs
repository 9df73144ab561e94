using ConnectionStateService.Store;

namespace ConnectionStateService.Tests.Watch.Hub;

/// <summary>A store that does not answer for a while.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    private const string Read = nameof(IConnectionStore.ReadAsync);
    private TestHub hub = null!;

    public async Task InitializeAsync() => hub = await TestHub.StartAsync();

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Theory]
    [InlineData(nameof(IConnectionStore.ReadAsync))]
    [InlineData(nameof(IConnectionStore.ReadCommitsAsync))]
    public async Task Who_is_there_stays_and_catches_up_by_the_comparison_after(string method)
    {
        using var stream = await hub.JoinAsync();
        hub.Fail(method);
        await hub.CommitAsync();
        await hub.LoggedAsync("the store is unavailable");
        hub.Heal();

        await hub.ReconcileAsync();

        Assert.Equal("changes 1-1", await stream.TakeAsync());
    }

    [Fact]
    public async Task Who_is_there_catches_up_by_the_next_commit_as_well()
    {
        using var stream = await hub.JoinAsync();
        hub.Fail(Read);
        await hub.CommitAsync();
        await hub.LoggedAsync("the store is unavailable");
        hub.Heal();

        await hub.CommitAsync();

        Assert.Equal("changes 1-2", await stream.TakeAsync());
    }

    [Fact]
    public async Task Who_comes_fails_as_the_store_does()
    {
        hub.Fail(Read);
        using var stream = hub.Open();

        await Assert.ThrowsAsync<StoreUnavailableException>(stream.TakeDeliveryAsync);
    }

    [Fact]
    public async Task Who_goes_on_from_the_past_fails_when_the_history_alone_cannot_be_read()
    {
        await hub.CommitAsync();
        hub.Fail(nameof(IConnectionStore.ReadCommitsAsync));
        using var stream = hub.Open(from: SampleHistory.At(0));

        await Assert.ThrowsAsync<StoreUnavailableException>(stream.TakeDeliveryAsync);
    }

    [Fact]
    public async Task Who_comes_fails_and_who_is_there_does_not_notice()
    {
        using var there = await hub.JoinAsync();
        hub.Fail(Read);
        using var coming = hub.Open();
        await Assert.ThrowsAsync<StoreUnavailableException>(coming.TakeDeliveryAsync);
        hub.Heal();

        await hub.CommitAsync();

        Assert.Equal("changes 1-1", await there.TakeAsync());
    }

    [Fact]
    public async Task Who_comes_after_is_served()
    {
        hub.Fail(Read);
        var failed = hub.Open();
        await Assert.ThrowsAsync<StoreUnavailableException>(failed.TakeDeliveryAsync);
        failed.Dispose();
        hub.Heal();
        await hub.CommitAsync();

        using var next = hub.Open();

        Assert.Equal("Initial 1", await next.TakeAsync());
    }

    [Fact]
    public async Task Who_comes_after_is_served_even_when_who_failed_has_not_left_yet()
    {
        hub.Fail(Read);
        using var failed = hub.Open();
        await Assert.ThrowsAsync<StoreUnavailableException>(failed.TakeDeliveryAsync);
        hub.Heal();

        using var next = hub.Open();
        Assert.Equal("Initial 0", await next.TakeAsync());
        await hub.CommitAsync();
        Assert.Equal("changes 1-1", await next.TakeAsync());
    }

    [Fact]
    public async Task A_comparison_fails_as_the_store_does_and_nobody_else_notices()
    {
        using var stream = await hub.JoinAsync();
        hub.Fail(nameof(IConnectionStore.ReadPositionsAsync));
        await Assert.ThrowsAsync<StoreUnavailableException>(hub.ReconcileAsync);

        await hub.CommitAsync();

        Assert.Equal("changes 1-1", await stream.TakeAsync());
    }

    [Fact]
    public async Task A_bug_in_the_reading_ends_the_streams_and_not_the_reader()
    {
        using var there = await hub.JoinAsync();
        hub.Before = method => method == Read ? throw new InvalidOperationException("a bug") : Task.CompletedTask;
        await hub.CommitAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(there.TakeDeliveryAsync);
        hub.Heal();

        using var next = hub.Open();

        Assert.Equal("Initial 1", await next.TakeAsync());
    }
}
