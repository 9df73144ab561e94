using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>Reads of several merchants at once.</summary>
public abstract partial class ConnectionStoreContract
{
    [Theory]
    [InlineData(MerchantParts.PageList)]
    [InlineData(MerchantParts.Candidates)]
    [InlineData(MerchantParts.All)]
    public async Task Several_merchants_are_read_at_once_in_the_order_of_their_ids(MerchantParts parts)
    {
        // More than a store reads by one command or thread. Some have never been stored, some have candidates, and some are read for the first time.
        string[] ids = [.. Enumerable.Range(0, 300).Select(n => $"shop-{n * 7919 % 300}")];
        foreach (var (n, id) in ids.Index().Where(item => item.Index % 3 > 0))
        {
            var record = n % 2 == 0 ? StoreSamples.FullRecord(id) : MerchantRecord.Unknown(id) with { Connections = [StoreSamples.Connected(Page)] };
            await MustCommitAsync(StoreSamples.After(await ReadAsync(id), record));
        }

        await CloseAsync(store);
        store = await OpenAsync(clock, Kept);
        foreach (var id in ids.Take(100))
        {
            await store.ReadAsync(id, MerchantParts.PageList, default);
        }

        var read = await store.ReadManyAsync([.. ids], parts, default);

        Assert.Equal(ids.Length, read.Length);
        foreach (var (id, merchant) in ids.Zip(read))
        {
            var expected = await store.ReadAsync(id, MerchantParts.All, default);
            Assert.Equal((id, expected.Position), (merchant.Merchant!.Record.MerchantId, merchant.Merchant.Position));
            Assert.True(merchant.Merchant.Record.Parts.HasFlag(parts));
            Assert.Equal(expected.Record.Connections.Select(c => c.Page), merchant.Merchant.Record.Connections.Select(c => c.Page));
            if (parts is MerchantParts.All)
            {
                Assert.Equal(RecordText.Of(expected.Record), RecordText.Of(merchant.Merchant.Record));
            }
        }

        Assert.Empty(await store.ReadManyAsync([], parts, default));
    }
}
