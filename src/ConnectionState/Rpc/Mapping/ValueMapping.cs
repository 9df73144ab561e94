using System.Globalization;
using ConnectionStateService.Core;
using ConnectionStateService.Rpc.Validation;
using Google.Protobuf.WellKnownTypes;
using Proto = ConnectionStateService.V1;

namespace ConnectionStateService.Rpc.Mapping;

/// <summary>
/// Maps pages, times, grant ids and evidence between the API and the core. Enums are cast where they are used: WireNumbersTests compares their numbers and names.
/// Requests have been validated.
/// </summary>
internal static class ValueMapping
{
    public static PageRef ToCore(this Proto.PageRef page) => new((Provider)page.Provider, page.PageId);

    public static AccountRef ToCore(this Proto.AccountRef account) => new((Provider)account.Provider, account.AccountId);

    public static Proto.PageRef ToProto(this PageRef page) => new() { Provider = (Proto.Provider)page.Provider, PageId = page.PageId };

    /// <summary>Returns a grant id as callers see it: 16 hexadecimal digits, or empty if there is none.</summary>
    public static string ToGrantId(this ulong grantId) => grantId == 0 ? "" : grantId.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Returns the grant id that a caller names, or null if it names none. A text that is no grant id matches no grant.</summary>
    public static ulong? ParseGrantId(this string grantId) =>
        grantId.Length == 0 ? null
        : ulong.TryParse(grantId, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id) && id.ToGrantId() == grantId ? id
        : ulong.MaxValue;

    public static Account ToCore(this Proto.Account account) => new(
        account.AccountId,
        CandidateMapping.Clean(account.Name, RequestValidation.MaxTextLength) is { Length: > 0 } name ? name : account.AccountId,
        account.Personal);

    public static Proto.Evidence ToProto(this Evidence evidence)
    {
        var proto = new Proto.Evidence
        {
            ObservedAt = evidence.ObservedAt.ToProto(),
            ReportedBy = evidence.ReportedBy,
            Source = (Proto.Evidence.Types.Source)evidence.Source,
            Signal = (Proto.Signal)(evidence.Signal ?? 0),
        };
        if (evidence.Code is { } code)
        {
            proto.Code = code;
        }

        if (evidence.Subcode is { } subcode)
        {
            proto.Subcode = subcode;
        }

        return proto;
    }

    public static Evidence ToCore(this Proto.Evidence evidence) => new(
        (EvidenceSource)evidence.Source,
        evidence.Signal is Proto.Signal.Unspecified ? null : (Signal)evidence.Signal,
        evidence.HasCode ? evidence.Code : null,
        evidence.HasSubcode ? evidence.Subcode : null,
        evidence.ObservedAt.ToDateTimeOffset(),
        evidence.ReportedBy);

    public static Timestamp? ToProto(this DateTimeOffset? time) => time?.ToProto();

    public static Timestamp ToProto(this DateTimeOffset time) => Timestamp.FromDateTimeOffset(time);

    public static DateTimeOffset? ToCore(this Timestamp? time) => time?.ToDateTimeOffset();
}
