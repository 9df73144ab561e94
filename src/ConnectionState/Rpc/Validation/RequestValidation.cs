using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using Enum = System.Enum;
using Proto = ConnectionStateService.V1;

namespace ConnectionStateService.Rpc.Validation;

/// <summary>Collects all that is wrong with one request.</summary>
internal sealed class RequestValidation
{
    public const int LongestId = 64;
    public const int LongestText = 200;

    private static readonly SearchValues<char> IdCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-");

    private static readonly Timestamp Earliest = Timestamp.FromDateTimeOffset(new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private static readonly Timestamp Latest = Timestamp.FromDateTimeOffset(new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private readonly ImmutableArray<Violation>.Builder violations = ImmutableArray.CreateBuilder<Violation>();

    public ImmutableArray<Violation> Violations => violations.ToImmutable();

    /// <summary>A required id. Braces are not among its characters: in a Redis key they would choose the slot.</summary>
    public RequestValidation Id(string field, string value) => Require(
        field,
        value.Length is > 0 and <= LongestId && !value.AsSpan().ContainsAnyExcept(IdCharacters),
        $"must be 1 to {LongestId} of A-Z a-z 0-9 . _ : -");

    /// <summary>An id that may be left out.</summary>
    public RequestValidation OptionalId(string field, bool given, string value) => given ? Id(field, value) : this;

    /// <summary>A text that a person reads.</summary>
    public RequestValidation Text(string field, string value, int longest = LongestText) => Require(
        field,
        value.Length <= 2 * longest && IsPrintable(value) && value.EnumerateRunes().Count() <= longest,
        $"must be at most {longest} characters, without control characters");

    /// <summary>A text that must be there.</summary>
    public RequestValidation RequiredText(string field, string value) =>
        string.IsNullOrWhiteSpace(value) ? Require(field, false, $"must be 1 to {LongestText} characters") : Text(field, value);

    /// <summary>One of the enum's values, and not the unspecified one.</summary>
    public RequestValidation Known<T>(string field, T value) where T : struct, Enum => Require(
        field,
        Enum.IsDefined(value) && Convert.ToInt32(value, CultureInfo.InvariantCulture) != 0,
        $"must be one of {string.Join(", ", Enum.GetValues<T>().Skip(1).Select(v => RpcErrors.ToWireName(v)))}");

    /// <summary>One of the enum's values, the unspecified one too.</summary>
    public RequestValidation KnownOrUnspecified<T>(string field, T value) where T : struct, Enum =>
        Convert.ToInt32(value, CultureInfo.InvariantCulture) == 0 ? this : Known(field, value);

    /// <summary>A time that may be left out.</summary>
    public RequestValidation Time(string field, Timestamp? value) => Require(
        field,
        value is null || (value.Nanos is >= 0 and < 1_000_000_000 && value.Seconds >= Earliest.Seconds && value.Seconds < Latest.Seconds),
        "must be a time from 2000 to 2099");

    public RequestValidation RequiredTime(string field, Timestamp? value) => value is null ? Require(field, false, "must be given") : Time(field, value);

    public RequestValidation Range(string field, long value, long least, long most) =>
        Require(field, value >= least && value <= most, $"must be {least} to {most}");

    public RequestValidation Page(string field, Proto.PageRef? page) => page is null
        ? Require(field, false, "must be given")
        : Known($"{field}.provider", page.Provider).Id($"{field}.page_id", page.PageId);

    public RequestValidation Require(string field, bool right, string description)
    {
        if (!right)
        {
            violations.Add(new Violation(field, description));
        }

        return this;
    }

    // Broken surrogates come out as replacement characters, which nobody means to send.
    private static bool IsPrintable(string value) =>
        value.EnumerateRunes().All(r => !Rune.IsControl(r) && r != Rune.ReplacementChar
            && Rune.GetUnicodeCategory(r) is not (UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator));
}
