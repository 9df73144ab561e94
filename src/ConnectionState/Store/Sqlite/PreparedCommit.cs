using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store.Records;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>A commit with everything that can be computed before the writer thread has it.</summary>
internal sealed class PreparedCommit
{
    public PreparedCommit(CommitRequest request)
    {
        Request = request;
        Stored = new StoredMerchant(request.Record, request.Commit.Id);
        Record = RecordCodec.EncodePageList(request.Record);
        Candidates = [.. request.SessionsWithNewCandidates().Select(s => (s.Id, RecordCodec.EncodeCandidates(MerchantId, s)))];
        SessionsWithoutCandidates = [.. request.SessionsWithoutCandidates()];
        Entry = RecordCodec.Encode(MerchantId, request.Commit);
        ListedChanges = request.ListedChanges();
        Due = request.Deadline is { } deadline ? StoreTime.RoundUp(deadline) : null;
        if (!request.ListsTheSame())
        {
            var (pages, accounts) = (PagesOf(request.Expected.Record), AccountsOf(request.Expected.Record));
            (AddedPages, RemovedPages) = (Pages.Except(pages), pages.Except(Pages));
            (AddedAccounts, RemovedAccounts) = (Accounts.Except(accounts), accounts.Except(Accounts));
        }
    }

    public CommitRequest Request { get; }

    public string MerchantId => Request.Record.MerchantId;

    /// <summary>The merchant as it is stored after the commit.</summary>
    public StoredMerchant Stored { get; }

    /// <summary>The encoded page list part.</summary>
    public byte[] Record { get; init; }

    /// <summary>The encoded candidates of the sessions whose candidates change.</summary>
    public ImmutableArray<(string SessionId, byte[] Bytes)> Candidates { get; }

    /// <summary>The sessions whose candidates are removed.</summary>
    public ImmutableArray<string> SessionsWithoutCandidates { get; }

    /// <summary>The size of what is written, in bytes.</summary>
    public int WrittenSize => Record.Length + Candidates.Sum(c => c.Bytes.Length) + Entry.Length;

    /// <summary>The approximate size of the merchant as it is cached after the commit, in bytes.</summary>
    public int StoredSize => CacheSize.OfParts(Stored.Record, Record.Length);

    /// <summary>The encoded history entry.</summary>
    public byte[] Entry { get; init; }

    /// <summary>What changes in the index of listed connections.</summary>
    public ImmutableArray<ListedChange> ListedChanges { get; }

    /// <summary>The deadline in milliseconds since 1970, or null.</summary>
    public long? Due { get; }

    /// <summary>The pages that the record lists.</summary>
    public ImmutableHashSet<PageRef> Pages => PagesOf(Request.Record);

    public ImmutableHashSet<PageRef> AddedPages { get; } = [];

    public ImmutableHashSet<PageRef> RemovedPages { get; } = [];

    /// <summary>The accounts that the listed connections use.</summary>
    public ImmutableHashSet<AccountRef> Accounts => AccountsOf(Request.Record);

    public ImmutableHashSet<AccountRef> AddedAccounts { get; } = [];

    public ImmutableHashSet<AccountRef> RemovedAccounts { get; } = [];

    private static ImmutableHashSet<PageRef> PagesOf(MerchantRecord record) => [.. PageList.Listed(record).Select(c => c.Page)];

    private static ImmutableHashSet<AccountRef> AccountsOf(MerchantRecord record) => [.. PageList.Listed(record).Select(c => c.Account)];
}

/// <summary>The result of a commit on the writer thread.</summary>
/// <param name="Succeeded">True if the commit is stored; false if the merchant had another position.</param>
/// <param name="Current">The merchant as stored now, or null if it was not in the cache; then see <paramref name="Row"/>.</param>
/// <param name="Row">The row as stored now, or null if nothing is stored of the merchant.</param>
internal readonly record struct WrittenCommit(bool Succeeded, StoredMerchant? Current, MerchantRow? Row);
