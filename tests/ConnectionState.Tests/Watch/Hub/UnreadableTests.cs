using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Watch.Hub;

/// <summary>A record or an entry of the history that cannot be read.</summary>
public sealed class UnreadableTests : IAsyncLifetime
{
    private TestHub hub = null!;

    public async Task InitializeAsync() => hub = await TestHub.StartAsync();

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public async Task All_who_watch_a_merchant_whose_record_cannot_be_read_fail()
    {
        await hub.CommitAsync();
        using var there = await hub.JoinAsync();
        DamageRecord();

        using var coming = hub.Open();

        await Assert.ThrowsAsync<RecordUnreadableException>(coming.TakeDeliveryAsync);
        await Assert.ThrowsAsync<RecordUnreadableException>(there.TakeDeliveryAsync);
    }

    [Fact]
    public async Task Who_watches_another_merchant_goes_on()
    {
        await hub.CommitAsync();
        using var other = await hub.JoinAsync("merchant-2");
        DamageRecord();
        using var failing = hub.Open();
        await Assert.ThrowsAsync<RecordUnreadableException>(failing.TakeDeliveryAsync);

        await hub.CommitAsync("merchant-2");

        Assert.Equal("changes 1-1", await other.TakeAsync());
    }

    [Fact]
    public async Task Who_comes_when_the_record_is_whole_again_is_served()
    {
        await hub.CommitAsync();
        DamageRecord();
        var failing = hub.Open();
        await Assert.ThrowsAsync<RecordUnreadableException>(failing.TakeDeliveryAsync);
        failing.Dispose();
        DamageRecord();

        using var next = hub.Open();

        Assert.Equal("Initial 1", await next.TakeAsync());
    }

    [Fact]
    public async Task Who_is_there_gets_the_list_alone_when_an_entry_of_the_history_cannot_be_read()
    {
        using var unreadable = new CounterReading(hub.Meters, "connectionstate.records.unreadable");
        await hub.CommitAsync();
        using var stream = await hub.JoinAsync();
        hub.Store.IsDeaf = true;
        await hub.CommitAsync(times: 2);
        DamageHistory(revision: 2);

        await hub.ReconcileAsync();

        Assert.Equal("HistoryTrimmed 3", await stream.TakeAsync());
        Assert.Equal(1, unreadable.Total);
        await hub.LoggedAsync("get a snapshot instead of the changes");
    }

    [Fact]
    public async Task After_that_it_is_told_what_changes()
    {
        using var stream = await hub.JoinAsync();
        hub.Store.IsDeaf = true;
        await hub.CommitAsync(times: 2);
        DamageHistory(revision: 1);
        await hub.ReconcileAsync();
        Assert.Equal("HistoryTrimmed 2", await stream.TakeAsync());
        hub.Store.IsDeaf = false;

        await hub.CommitAsync();

        Assert.Equal("changes 3-3", await stream.TakeAsync());
    }

    [Fact]
    public async Task Who_goes_on_from_before_an_entry_that_cannot_be_read_gets_the_list_and_who_goes_on_from_after_it_does_not()
    {
        var first = await hub.CommitAsync();
        var second = await hub.CommitAsync();
        await hub.CommitAsync();
        DamageHistory(revision: 2);

        using var before = hub.Open(from: first);
        using var after = hub.Open(from: second);

        Assert.Equal("HistoryTrimmed 3", await before.TakeAsync());
        Assert.Equal("changes 3-3", await after.TakeAsync());
    }

    [Fact]
    public async Task What_was_changed_without_an_entry_in_the_history_is_never_passed_over()
    {
        var place = await hub.CommitAsync();
        await hub.CommitAsync(times: 2);
        using (var database = hub.OpenDatabase())
        {
            database.Execute("DELETE FROM history WHERE merchant = $1 AND revision = 2", TestHub.M);
        }

        using var stream = hub.Open(from: place);

        Assert.Equal("HistoryTrimmed 3", await stream.TakeAsync());
    }

    // The same again makes it whole.
    private void DamageRecord()
    {
        using var database = hub.OpenDatabase();
        database.Damage(TestHub.M, RecordDamage.Flip);
    }

    private void DamageHistory(long revision)
    {
        using var database = hub.OpenDatabase();
        var entry = database.Read<byte[]>("SELECT entry FROM history WHERE merchant = $1 AND revision = $2", TestHub.M, revision);
        database.Execute(
            "UPDATE history SET entry = $3 WHERE merchant = $1 AND revision = $2", TestHub.M, revision, RecordDamage.Flip(entry));
    }
}
