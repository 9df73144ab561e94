using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.SystemTests;

/// <summary>The file is put back to an older copy of itself while everybody is away.</summary>
public sealed class ReplacedFileTests : IDisposable
{
    private const string Merchant = "m";

    // Where the copy was made, and how far the history went that is lost by it.
    private const int Copied = 5;
    private const int Lost = 12;

    // So that what is committed after the replacement can be told from what was committed before.
    private const int Anew = 1_000;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(Copied)]
    [InlineData(8)]
    [InlineData(Lost)]
    [InlineData(20)]
    public async Task Whoever_was_past_the_copy_is_told_and_nobody_sees_two_histories_as_one(int newest)
    {
        var readers = await WatchTwoLivesAsync();
        await using var server = await StartAsync();
        using var client = server.NewClient();
        await CommitAsync(client, Copied + 1, newest, Anew);

        var streams = readers.Select(log => RawWatchStream.Resume(client, Merchant, log)).ToList();

        foreach (var (stream, from) in streams.Select((stream, from) => (stream, from)))
        {
            var message = await stream.NextAsync();
            Assert.Equal(from > Copied ? [Reason.Initial, Reason.HistoryReplaced] : [Reason.Initial], stream.Log.Snapshots);
            Assert.Equal(from == newest && from <= Copied, message.Checkpoint is not null);
            Assert.Equal(newest, stream.Log.Revision);
        }

        await CommitAsync(client, newest + 1, newest + 1, Anew);
        await Task.WhenAll(streams.Select(stream => stream.ReadUntilAsync(newest + 1)));
        Assert.All(streams, (stream, from) => AssertOneHistory(stream.Log, from, newest + 1));
        streams.ForEach(stream => stream.Dispose());
    }

    // Readers that stopped at every revision from 0 to the last, all of them before the file was replaced.
    private async Task<List<WatchLog>> WatchTwoLivesAsync()
    {
        var readers = new List<WatchLog>();
        await LiveAsync(readers, 0, Copied);
        File.Copy(folder.File("cs.db"), folder.File("copy.db"));
        await LiveAsync(readers, Copied + 1, Lost);

        Assert.False(File.Exists(folder.File("cs.db-wal")));
        File.Move(folder.File("copy.db"), folder.File("cs.db"), overwrite: true);
        return readers;
    }

    private async Task LiveAsync(List<WatchLog> readers, int first, int last)
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
        // Up to the copy the histories are one, so a reader there gets all that came after it. The others only get what came after
        // they were told, and no change of the history that is lost.
        var firstTold = from > Copied ? newest : from + 1;
        Assert.Equal(Enumerable.Range(firstTold, newest - firstTold + 1).Select(Number), log.Changes.Select(c => c.PlanChanged.BoughtPages));
        Assert.Equal(Number(newest), log.List!.Quota.Bought);
    }

    private static int Number(int revision) => revision > Copied ? Anew + revision : revision;

    private Task<ServerProcess> StartAsync() => ServerProcess.StartAsync(folder.File("cs.db"), "--Store:KeptCommits=1000000");
}
