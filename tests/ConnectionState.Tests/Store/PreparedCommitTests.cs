using ConnectionStateService.Core;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>What is known of a commit before it is written.</summary>
public sealed class PreparedCommitTests
{
    [Fact]
    public void The_stored_size_has_the_candidates_with_their_names()
    {
        var merchant = new CoreMerchant();
        Candidate[] candidates = [.. Enumerable.Range(0, 1_000).Select(n => new Candidate($"page-{n}", new string('x', 200), PageRole.Admin, ["MANAGE"]))];
        merchant.ExpectChanged(TestCommands.SignIn(merchant.BeginSession(Provider.Facebook), candidates));

        var first = new PreparedCommit(StoreSamples.After(new(MerchantRecord.Unknown(merchant.Record.MerchantId), 0), merchant.Record));
        var second = new PreparedCommit(StoreSamples.After(first.Stored));

        Assert.InRange(first.StoredSize, first.WrittenSize - first.Entry.Length, 2 * first.WrittenSize);
        Assert.Equal(first.StoredSize, second.StoredSize);
        Assert.InRange(second.WrittenSize, 1, 2_000);
    }
}
