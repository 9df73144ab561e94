using System.Buffers;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using ConnectionStateService.Core;
using Google.Protobuf.WellKnownTypes;
using Enum = System.Enum;
using Proto = ConnectionStateService.V1;

namespace ConnectionStateService.Rpc.Validation;

/// <summary>
/// Collects the violations of one request. Each method checks one field and adds a violation if it is invalid. Every call is validated, so a valid
/// field builds no text: paths and descriptions are put together when a violation is added.
/// </summary>
internal sealed class RequestValidation
{
    public const int MaxIdLength = 64;
    public const int MaxTextLength = 200;

    // Without braces: in a Redis key they would choose the slot.
    private static readonly SearchValues<char> IdCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-");

    private static readonly Timestamp Earliest = Timestamp.FromDateTimeOffset(new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private static readonly Timestamp Latest = Timestamp.FromDateTimeOffset(new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private List<Violation>? violations;
    private string? list;
    private int index;

    public ImmutableArray<Violation> Violations => violations is null ? [] : [.. violations];

    /// <summary>Whether a text is a valid id.</summary>
    public static bool IsId(string value) =>
        value.Length is > 0 and <= MaxIdLength && !value.AsSpan().ContainsAnyExcept(IdCharacters);

    /// <summary>Whether a character is allowed in texts.</summary>
    public static bool IsPrintable(Rune rune) => PrintableText.IsPrintable(rune);

    /// <summary>Whether a text is printable and has at most a number of code points.</summary>
    public static bool IsText(string value, int maxLength) => PrintableText.IsAtMost(value, maxLength);

    /// <summary>Adds a violation.</summary>
    /// <param name="field">The field's path, such as <c>page.page_id</c>; within the current entry of a list, if there is one.</param>
    /// <param name="description">What the field must be.</param>
    public RequestValidation Add(string field, string description)
    {
        violations ??= [];
        violations.Add(new Violation(list is null ? field : $"{list}[{index}].{field}", description));
        return this;
    }

    /// <summary>Begins an entry of a list: the fields that follow are its fields.</summary>
    public RequestValidation BeginEntry(string listField, int entry)
    {
        (list, index) = (listField, entry);
        return this;
    }

    /// <summary>Ends the entry of a list: the fields that follow are fields of the request.</summary>
    public RequestValidation EndEntry()
    {
        list = null;
        return this;
    }

    /// <summary>Requires an id.</summary>
    public RequestValidation Id(string field, string value) =>
        IsId(value)
            ? this
            : Add(field, $"must be 1 to {MaxIdLength} of A-Z a-z 0-9 . _ : -");

    /// <summary>Requires a valid id if one is set.</summary>
    public RequestValidation OptionalId(string field, bool isSet, string value) => isSet ? Id(field, value) : this;

    /// <summary>Requires text, possibly empty, of a maximum number of UTF-16 code units.</summary>
    public RequestValidation AnyText(string field, string value, int maxLength) =>
        value.Length <= maxLength ? this : Add(field, $"must be at most {maxLength} characters");

    /// <summary>Requires printable text, possibly empty, of a maximum number of code points.</summary>
    public RequestValidation Text(string field, string value, int maxLength = MaxTextLength) =>
        IsText(value, maxLength) ? this : Add(field, $"must be at most {maxLength} characters, without control characters");

    /// <summary>Requires a known enum value other than the unspecified one.</summary>
    public RequestValidation Known<T>(string field, T value) where T : struct, Enum =>
        KnownValues<T>.All.Contains(value)
            ? this
            : Add(field, $"must be one of {string.Join(", ", Enum.GetValues<T>().Skip(1).Select(v => RpcErrors.ToWireName(v)))}");

    /// <summary>Requires a known enum value; the unspecified one is allowed.</summary>
    public RequestValidation KnownOrUnspecified<T>(string field, T value) where T : struct, Enum =>
        EqualityComparer<T>.Default.Equals(value, default) ? this : Known(field, value);

    /// <summary>Requires a time from 2000 to 2099 if one is set.</summary>
    public RequestValidation Time(string field, Timestamp? value) =>
        value is null || (value.Nanos is >= 0 and < 1_000_000_000 && value.Seconds >= Earliest.Seconds && value.Seconds < Latest.Seconds)
            ? this
            : Add(field, "must be a time from 2000 to 2099");

    /// <summary>Requires a time from 2000 to 2099.</summary>
    public RequestValidation RequiredTime(string field, Timestamp? value) =>
        value is null ? Add(field, "is required") : Time(field, value);

    /// <summary>Requires a number in a range, bounds included.</summary>
    public RequestValidation Range(string field, long value, long min, long max) =>
        value >= min && value <= max ? this : Add(field, $"must be {min} to {max}");

    /// <summary>Requires a page, in the field <c>page</c>.</summary>
    public RequestValidation Page(Proto.PageRef? page) =>
        page is null ? Add("page", "is required") : Known("page.provider", page.Provider).Id("page.page_id", page.PageId);

    private static class KnownValues<T> where T : struct, Enum
    {
        public static readonly FrozenSet<T> All = Enum.GetValues<T>().Where(value => !EqualityComparer<T>.Default.Equals(value, default)).ToFrozenSet();
    }
}
