using System.Text.Json;
using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Support;

/// <summary>
/// All members of a record or a commit as text, to compare them: a record with a collection has no value equality. Not the stored
/// bytes, which would not show a member that is not stored.
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
            // As objects, so that they are written as what they are and not as their common base.
            Changes = commit.Changes.Select(c => new { Kind = c.GetType().Name, Change = (object)c }),
        },
        Indented);
}
