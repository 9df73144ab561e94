using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.Watch;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.Tests.Watch.Promises;

/// <summary>Ordered and resumable when the store is restored from an older copy and continues with other commits.</summary>
public sealed class ReplacedHistoryTests(FakeClockService fixture) : IClassFixture<FakeClockService>
{
    // Five commits before the copy, three after it. The clock stands still until the new commits are made, so without notifications the
    // service sees the other history only when it is shorter than, as long as, or longer than the old one.
    [Theory]
    [InlineData(0, true)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    [InlineData(2, false)]
    [InlineData(4, false)]
    public async Task Ordered_Revisions_fall_only_with_a_HISTORY_REPLACED_snapshot(int commitsAfter, bool isDeaf)
    {
        fixture.Store.DropsNotifications = false;
        await using var merchant = new WatchedMerchant(fixture.Service);
        await merchant.CommitAsync(5);
        using var backup = new Backup(fixture.Service, merchant.Id);
        var stream = await merchant.BeginAsync(options: new() { ReadsAfterEach = true });
        await merchant.CommitAsync(3);
        await merchant.CaughtUpAsync(stream);

        fixture.Store.DropsNotifications = isDeaf;
        await backup.RestoreAsync(merchant, commitsAfter);
        await fixture.AdvanceUntilAsync(merchant.CaughtUpAsync(stream));

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
    public async Task Resumable_Only_a_token_of_a_lost_commit_starts_with_a_HISTORY_REPLACED_snapshot(
        int commitsAfter, int revision, bool isLost)
    {
        await using var merchant = new WatchedMerchant(fixture.Service);
        await merchant.CommitAsync(5);
        using var backup = new Backup(fixture.Service, merchant.Id);
        await merchant.CommitAsync(3);
        var token = ResumeToken.Encode(merchant.Id, merchant.Back(8 - revision));

        await backup.RestoreAsync(merchant, commitsAfter);
        var first = await merchant.Open(token).FirstAsync();

        Assert.Equal(isLost ? Reason.HistoryReplaced : Reason.Unspecified, first.Reason);
        Assert.Equal(merchant.Head, first.Position);
        await merchant.AssertKeptAsync();
    }

    private sealed class Backup : IDisposable
    {
        private readonly RawDatabase database;
        private readonly Service service;
        private readonly string merchantId;
        private readonly byte[] record;
        private readonly long revision;
        private readonly long commitId;
        private readonly long requestsFrom;
        private readonly long requestsTo;

        public Backup(Service service, string merchantId)
        {
            this.service = service;
            this.merchantId = merchantId;
            database = new RawDatabase(service.Database);
            record = database.Record(merchantId);
            revision = database.Read<long>("SELECT revision FROM merchant WHERE id = $1", merchantId);
            commitId = database.Read<long>("SELECT commit_id FROM merchant WHERE id = $1", merchantId);
            requestsFrom = database.Read<long>("SELECT requests_from FROM merchant WHERE id = $1", merchantId);
            requestsTo = database.Read<long>("SELECT requests_to FROM merchant WHERE id = $1", merchantId);
        }

        /// <summary>Restores the merchant, and makes new commits.</summary>
        public async Task RestoreAsync(WatchedMerchant merchant, int commits)
        {
            database.Execute(
                "UPDATE merchant SET record = $2, revision = $3, commit_id = $4, requests_from = $5, requests_to = $6 WHERE id = $1",
                merchantId,
                record,
                revision,
                commitId,
                requestsFrom,
                requestsTo);
            await service.NoticeForeignChangesAsync();
            await merchant.ReadHistoryAsync();
            await merchant.CommitAsync(commits);
        }

        public void Dispose() => database.Dispose();
    }
}
