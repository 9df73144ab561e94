using System.Text.Json;
using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Support;

/// <summary>
/// Formats all members of a record or a commit as text, to compare them, because a record with a collection has no value equality. The
/// stored bytes would not do: they would not show a member that is not stored.
/// </summary>
internal static class RecordText
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static string Of(MerchantRecord record) => JsonSerializer.Serialize(record, Indented);

    public static string Of(Commit commit) => JsonSerializer.Serialize(
        new
        {
            commit.Revision,
            commit.Id,
            commit.PreviousId,
            commit.At,
            commit.Actor,
            commit.RequestId,
            commit.PayloadHash,
            commit.BegunSessionId,
            Trace = $"{commit.Trace}",
            // As objects, so that the members of the derived records are written.
            Changes = commit.Changes.Select(c => new { Kind = c.GetType().Name, Change = (object)c }),
        },
        Indented);
}
