using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.Watch;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.Tests.Watch;

/// <summary>The store is put back to an older copy, and goes on from there with other commits.</summary>
public sealed class ReplacedHistoryTests
{
    private static readonly Dictionary<string, string?> Quick = new()
    {
        ["Watch:CheckpointInterval"] = "00:00:00.300",
        ["Watch:ReconciliationInterval"] = "00:00:00.100",
    };

    // A deaf service finds the other history only when that has come by the old one, or most likely so.
    [Theory]
    [InlineData(0, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    [InlineData(4, false)]
    public async Task Ordered_Revisions_fall_only_where_a_snapshot_says_that_the_history_was_replaced(int commitsAfter, bool isDeaf)
    {
        InterceptedStore? store = null;
        var settings = isDeaf ? null : Quick;
        await using var service = await Service.StartAsync(settings, services => services.AddInterceptedStore(made => store = made));
        await using var merchant = new WatchedMerchant(service);
        await merchant.CommitAsync(5);
        using var backup = new Backup(service, merchant.Id);
        var stream = await merchant.BeginAsync(options: new() { ReadsAfterEach = true });
        await merchant.CommitAsync(3);
        await merchant.CaughtUpAsync(stream);

        store!.IsDeaf = isDeaf;
        await backup.RestoreAsync(merchant, commitsAfter);
        await merchant.CaughtUpAsync(stream);

        Assert.Contains(stream.Stream.Messages, m => m.Reason is Reason.HistoryReplaced);
        await merchant.AssertKeptAsync();
    }

    [Theory]
    [InlineData(0, 5, false)]
    [InlineData(0, 6, true)]
    [InlineData(2, 5, false)]
    [InlineData(2, 6, true)]
    [InlineData(2, 7, true)]
    [InlineData(2, 8, true)]
    [InlineData(6, 4, false)]
    [InlineData(6, 8, true)]
    public async Task Resumable_A_token_of_commits_that_are_gone_gets_the_list_and_one_of_commits_that_stayed_goes_on(
        int commitsAfter, int revision, bool isGone)
    {
        await using var service = await Service.StartAsync();
        await using var merchant = new WatchedMerchant(service);
        await merchant.CommitAsync(5);
        using var backup = new Backup(service, merchant.Id);
        await merchant.CommitAsync(3);
        var token = ResumeToken.Encode(merchant.Id, merchant.Back(8 - revision));

        await backup.RestoreAsync(merchant, commitsAfter);
        var first = await merchant.Open(token).FirstAsync();

        Assert.Equal(isGone ? Reason.HistoryReplaced : Reason.Unspecified, first.Reason);
        Assert.Equal(merchant.Head, first.Position);
        await merchant.AssertKeptAsync();
    }

    private sealed class Backup : IDisposable
    {
        private readonly RawDatabase database;
        private readonly string merchantId;
        private readonly byte[] record;
        private readonly long revision;
        private readonly long commitId;

        public Backup(Service service, string merchantId)
        {
            this.merchantId = merchantId;
            database = new RawDatabase(service.Database);
            record = database.Record(merchantId);
            revision = database.Read<long>("SELECT revision FROM merchant WHERE id = $1", merchantId);
            commitId = database.Read<long>("SELECT commit_id FROM merchant WHERE id = $1", merchantId);
        }

        /// <summary>Puts the merchant back to where it was, and lets it go on with other commits.</summary>
        public async Task RestoreAsync(WatchedMerchant merchant, int commits)
        {
            database.Execute(
                "UPDATE merchant SET record = $2, revision = $3, commit_id = $4 WHERE id = $1", merchantId, record, revision, commitId);
            await merchant.LookAsync();
            await merchant.CommitAsync(commits);
        }

        public void Dispose() => database.Dispose();
    }
}
