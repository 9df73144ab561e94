using System.Globalization;
using ConnectionStateService.Core;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// The register of pages: for each page, the hold that was registered last, as <c>hold id merchant</c>. It lies beside the page's entries in
/// the index, and is removed with its merchant's entry.
/// </summary>
internal sealed class RedisRegister(RedisConnection connection)
{
    public async Task<PageHold?> ReadAsync(PageRef page, CancellationToken cancellationToken) => Decode(
        await connection.ExecuteAsync(
            db => db.HashGetAsync(RedisKeys.Pages(page), RedisKeys.PageRegister(page), CommandFlags.DemandMaster), cancellationToken));

    public async Task<PageHold?> RegisterAsync(PageRef page, PageHold hold, ulong expectedHoldId, CancellationToken cancellationToken)
    {
        var reply = await connection.ExecuteAsync(
            db => RedisScripts.Register.EvaluateAsync(
                db,
                [RedisKeys.Pages(page)],
                [RedisKeys.PageRegister(page), expectedHoldId == 0 ? "" : Encode(expectedHoldId), $"{Encode(hold.HoldId)} {hold.MerchantId}"]),
            cancellationToken);
        return Decode((RedisValue)reply);
    }

    private static string Encode(ulong holdId) => holdId.ToString("x16", CultureInfo.InvariantCulture);

    // A damaged value counts as no hold: the next grant replaces it.
    private static PageHold? Decode(RedisValue value) =>
        value.ToString().Split(' ', 2) is [var id, var merchantId]
            && ulong.TryParse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var holdId)
            && holdId != 0 && Encode(holdId) == id
                ? new PageHold(merchantId, holdId)
                : null;
}
