using ConnectionStateService.Store.Records;
using ConnectionStateService.V1;
using Google.Protobuf;

namespace ConnectionStateService.Tests.Support;

/// <summary>
/// What the next version would store in the page list part of a merchant, if it had one more field in the record, in each connection and in each
/// session; or one more enum value.
/// </summary>
internal static class NewerVersion
{
    private const int EnumValue = 99;

    // Field 1000, three bytes.
    private static readonly byte[] Field = [0xC2, 0x3E, 3, 1, 2, 3];

    public static byte[] WithFields(string merchantId, byte[] stored) => Change(merchantId, stored, record =>
    {
        foreach (var message in MessagesOf(record))
        {
            message.MergeFrom(Field);
        }
    });

    public static byte[] WithEnumValue(string merchantId, byte[] stored) =>
        Change(merchantId, stored, record => record.Connections[0].Cause = EnumValue);

    /// <summary>Asserts that everything still has the field.</summary>
    public static void AssertKeepsFields(byte[] stored)
    {
        var record = Parse(stored);
        Assert.Equal((2, 2), (record.Connections.Count, record.Sessions.Count));
        Assert.All(
            [record.Unknown, .. record.Connections.Select(c => c.Unknown), .. record.Sessions.Select(s => s.Unknown)],
            unknown => Assert.Equal(Field, unknown.ToArray()));
    }

    /// <summary>Makes a merchant with two connections and two sessions, one of them open.</summary>
    public static async Task<ConnectSession> PrepareAsync(ApiMerchant shop)
    {
        await shop.ConnectAsync(ApiMerchant.A);
        return await shop.RequestAsync(ApiMerchant.B);
    }

    /// <summary>Changes everything that the merchant has.</summary>
    public static async Task ChangeEverythingAsync(ApiMerchant shop, ConnectSession open)
    {
        await shop.SetPlanAsync(Plan.Standard, 1);
        await shop.ReportAsync(ApiMerchant.A, Signal.PermissionRevoked);
        await shop.GrantAsync(open);
        await shop.ReportAsync(ApiMerchant.B, Signal.PageDeleted);
        Assert.Equal(
            [(ApiMerchant.A.PageId, Connection.Types.State.Revoked), (ApiMerchant.B.PageId, Connection.Types.State.Deleted)],
            (await shop.ListAsync()).Connections.Select(c => (c.Page.PageId, c.State)));
    }

    private static byte[] Change(string merchantId, byte[] stored, Action<StoredRecord> change)
    {
        var record = Parse(stored);
        change(record);
        return SealedBytes.Seal(merchantId, StoredKind.PageList, record);
    }

    private static StoredRecord Parse(byte[] stored) => StoredRecord.Parser.ParseFrom(stored.AsSpan(SealedBytes.HeaderLength));

    private static IEnumerable<IMessage> MessagesOf(StoredRecord record) => [record, .. record.Connections, .. record.Sessions];
}
