using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Feed;

/// <summary>
/// The bounds of what a stream keeps while its reader is slow, in bytes of memory. Together with the message that is being written they are below 1 MiB.
/// Sizes are estimates, at the upper end.
/// </summary>
internal static class FeedSize
{
    /// <summary>The maximum size of the commits that a stream has read and not sent yet, unless it is a single one.</summary>
    public const int MaxCommits = 256 * 1024;

    /// <summary>The maximum size of the page lists that a stream has read and not sent yet, unless it is a single one.</summary>
    public const int MaxPageLists = 256 * 1024;

    /// <summary>The maximum size of the changes in a message. A commit with more is replaced by what is true.</summary>
    public const int MaxChanges = 512 * 1024;

    /// <summary>The maximum size of the commits in the buffer that all streams share.</summary>
    public const int MaxBuffered = 16 * 1024 * 1024;

    // An entry, a commit and a change with all their objects, without texts.
    private const int Entry = 256;
    private const int CommitValues = 128;
    private const int ChangeValues = 256;

    // A merchant with all its objects takes this, and as many times its stored size: less than in the cache, because no reply is encoded.
    private const int MerchantValues = 1024;
    private const int MerchantFactor = 4;

    /// <summary>Returns how many to read the next time: as many as fitted, or a few more if all did.</summary>
    public static int NextCount(int read, int kept, int max) => Math.Clamp(kept < read ? kept : read + (read / 8) + 1, 1, max);

    /// <summary>Returns the size of a commit with its entry; of the entry alone if there is no commit.</summary>
    public static int Of(Commit? commit)
    {
        var size = Entry;
        if (commit is not null)
        {
            size += CommitValues + Of(commit.Actor) + Of(commit.RequestId);
            foreach (var change in commit.Changes)
            {
                size += ChangeValues + Of(change);
            }
        }

        return size;
    }

    /// <summary>Returns the size of a merchant that was read for its page list.</summary>
    public static int Of(StoredMerchant? merchant) => merchant is null
        ? 0
        : (int)Math.Min(int.MaxValue, MerchantValues + ((long)MerchantFactor * CacheSize.OfParts(merchant.Record, RecordSize.OfPageList(merchant.Record))));

    private static int Of(Change change) => change switch
    {
        Change.Transition c => Of(c.Page.PageId) + Of(c.Evidence?.ReportedBy),
        Change.HealthChanged c => Of(c.Page.PageId) + Of(c.Evidence.ReportedBy),
        Change.Acknowledged c => Of(c.Page.PageId),
        Change.ExpiryWarning c => Of(c.Page.PageId),
        Change.SessionMoved c => Of(c.SessionId) + Of(c.Page?.PageId),
        _ => 0,
    };

    private static int Of(string? text) => text is null ? 0 : sizeof(char) * text.Length;
}
