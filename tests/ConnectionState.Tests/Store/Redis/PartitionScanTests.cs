using System.Collections.Concurrent;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using StackExchange.Redis;

namespace ConnectionStateService.Tests.Store.Redis;

/// <summary>A pass over partitions returns what it can, whatever fails.</summary>
public sealed class PartitionScanTests
{
    private const int Damaged = 2;

    private readonly ConcurrentDictionary<int, string> damaged = [];
    private readonly FakeLogger log = new();
    private readonly List<int[]> reads = [];

    public static TheoryData<Exception> Failures =>
    [
        new RedisServerException(RedisErrorKind.WrongType, CommandFlags.None, "WRONGTYPE"),
        new InvalidCastException("inf"),
        new FormatException("no number"),
    ];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_group_with_a_damaged_partition_is_read_partition_by_partition(Exception failure)
    {
        var scan = NewScan();

        var found = await scan.ReadAsync([[1, Damaged, 3], [4, 5]], group => ReadAsync(group, failure));

        Assert.Equal([1, 3, 4, 5], found.Order());
        Assert.Equal(
            ["1 2 3", "1", "2", "3", "4 5"],
            reads.Select(group => string.Join(' ', group)));
        Assert.True(scan.HasFailures);
        scan.ThrowIfAllFailed();
        var logged = Assert.Single(log.Collector.GetSnapshot());
        Assert.Equal((LogLevel.Error, failure), (logged.Level, logged.Exception));
    }

    [Fact]
    public async Task A_group_that_does_not_answer_is_not_read_again_and_does_not_hold_up_others()
    {
        var scan = NewScan();

        var found = await scan.ReadAsync([[1, Damaged], [4]], group => ReadAsync(group, new StoreUnavailableException("an outage")));

        Assert.Equal([4], found);
        Assert.Equal(2, reads.Count);
        scan.ThrowIfAllFailed();
    }

    [Fact]
    public async Task A_pass_in_which_nothing_answers_fails()
    {
        var scan = NewScan();

        Assert.Empty(await scan.ReadAsync([[Damaged]], group => ReadAsync(group, new StoreUnavailableException("an outage"))));

        Assert.Throws<StoreUnavailableException>(scan.ThrowIfAllFailed);
    }

    [Fact]
    public async Task A_cancelled_pass_ends() => await Assert.ThrowsAsync<OperationCanceledException>(
        () => NewScan().ReadAsync([[1, Damaged], [4]], group => ReadAsync(group, new OperationCanceledException())));

    [Fact]
    public async Task Damage_is_logged_again_only_after_it_was_mended_or_changed()
    {
        foreach (var failure in (string?[])["a", "a", "b", null, "b"])
        {
            await NewScan().ReadAsync([[Damaged]], group => failure is null ? Found(group) : ReadAsync(group, new FormatException(failure)));
        }

        Assert.Equal(["a", "b", "b"], log.Collector.GetSnapshot().Select(logged => logged.Exception!.Message));
    }

    private PartitionScan NewScan() => new(damaged, log);

    private Task<IEnumerable<int>> ReadAsync(int[] group, Exception failure)
    {
        reads.Add(group);
        return group.Contains(Damaged) ? Task.FromException<IEnumerable<int>>(failure) : Found(group);
    }

    private static Task<IEnumerable<int>> Found(int[] group) => Task.FromResult<IEnumerable<int>>(group);
}
