using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.SystemTests;

/// <summary>The database file is replaced by an older copy while the service is stopped.</summary>
public sealed class ReplacedFileTests : IDisposable
{
    private const string Merchant = "m";

    // The revision at which the copy was made, and the last revision of the history that replacing the file loses.
    private const int Copied = 5;
    private const int Lost = 12;

    // Added to the number in each commit after the replacement, to tell them from the lost ones.
    private const int NewOffset = 1_000;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(Copied)]
    [InlineData(8)]
    [InlineData(Lost)]
    [InlineData(20)]
    public async Task Resuming_from_a_lost_revision_sends_HISTORY_REPLACED_and_never_mixes_two_histories(int newest)
    {
        var readers = await WatchBothHistoriesAsync();
        await using var server = await StartAsync();
        using var client = server.NewClient();
        await CommitAsync(client, Copied + 1, newest, NewOffset);

        var streams = readers.Select(log => RawWatchStream.Resume(client, Merchant, log)).ToList();

        foreach (var (stream, from) in streams.Select((stream, from) => (stream, from)))
        {
            var message = await stream.NextAsync();
            Assert.Equal(from > Copied ? [Reason.Initial, Reason.HistoryReplaced] : [Reason.Initial], stream.Log.Snapshots);
            Assert.Equal(from == newest && from <= Copied, message.Checkpoint is not null);
            Assert.Equal(newest, stream.Log.Revision);
        }

        await CommitAsync(client, newest + 1, newest + 1, NewOffset);
        await Task.WhenAll(streams.Select(stream => stream.ReadUntilAsync(newest + 1)));
        Assert.All(streams, (stream, from) => AssertOneHistory(stream.Log, from, newest + 1));
        streams.ForEach(stream => stream.Dispose());
    }

    // Readers that stopped at each revision from 0 to the last, before the file was replaced.
    private async Task<List<WatchLog>> WatchBothHistoriesAsync()
    {
        var readers = new List<WatchLog>();
        await CommitAndWatchAsync(readers, 0, Copied);
        File.Copy(folder.File("cs.db"), folder.File("copy.db"));
        await CommitAndWatchAsync(readers, Copied + 1, Lost);

        Assert.False(File.Exists(folder.File("cs.db-wal")));
        File.Move(folder.File("copy.db"), folder.File("cs.db"), overwrite: true);
        return readers;
    }

    private async Task CommitAndWatchAsync(List<WatchLog> readers, int first, int last)
    {
        await using var server = await StartAsync();
        using var client = server.NewClient();
        for (var revision = first; revision <= last; revision++)
        {
            await CommitAsync(client, Math.Max(1, revision), revision, 0);
            using var stream = RawWatchStream.Open(client, Merchant);
            await stream.NextAsync();
            Assert.Equal(revision, stream.Log.Revision);
            readers.Add(stream.Log);
        }

        await server.Process.TerminateAsync();
        Assert.Equal(0, server.Process.ExitCode);
    }

    private static async Task CommitAsync(ConnectionStateClient client, int first, int last, int offset)
    {
        for (var revision = first; revision <= last; revision++)
        {
            await Commits.MakeAsync(client, Merchant, offset + revision);
        }
    }

    private static void AssertOneHistory(WatchLog log, int from, int newest)
    {
        // A reader that stopped before the copy was made gets every later change. The others get a snapshot, then only newer changes, and none
        // of the lost history.
        var firstChange = from > Copied ? newest : from + 1;
        Assert.Equal(Enumerable.Range(firstChange, newest - firstChange + 1).Select(Number), log.Changes.Select(c => c.PlanChanged.BoughtPages));
        Assert.Equal(Number(newest), log.List!.Quota.Bought);
    }

    private static int Number(int revision) => revision > Copied ? NewOffset + revision : revision;

    private Task<ServerProcess> StartAsync() => ServerProcess.StartAsync(folder.File("cs.db"), "--Store:KeptCommits=1000000");
}
