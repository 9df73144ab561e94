using System.Buffers;
using Google.Protobuf;

namespace ConnectionStateService.Store.Records;

/// <summary>Builds a string table that holds each string once. See <c>StringTable</c> in storage.proto.</summary>
internal sealed class StringTableWriter
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private readonly Dictionary<string, int> references;
    private readonly ArrayBufferWriter<byte> ids;
    private readonly StringTable strings = new();

    /// <param name="expected">The expected number of strings. Only affects speed.</param>
    public StringTableWriter(int expected)
    {
        references = new Dictionary<string, int>(expected);
        // ArrayBufferWriter does not accept a capacity of 0.
        ids = new ArrayBufferWriter<byte>((expected + 1) * StringTableReader.IdLength);
    }

    /// <summary>Adds a string if it is new and returns the reference to it; 0 for null.</summary>
    public int Add(string? value)
    {
        if (value is null)
        {
            return 0;
        }

        if (!references.TryGetValue(value, out var reference))
        {
            reference = IsId(value) ? AddId(value) : AddOther(value);
            references.Add(value, reference);
        }

        return reference;
    }

    /// <summary>Returns the table.</summary>
    public StringTable ToStored()
    {
        strings.Ids = ByteString.CopyFrom(ids.WrittenSpan);
        return strings;
    }

    private static bool IsId(string value) =>
        value.Length == 2 * StringTableReader.IdLength && !value.AsSpan().ContainsAnyExcept(HexDigits);

    private int AddId(string id)
    {
        Convert.FromHexString(id, ids.GetSpan(StringTableReader.IdLength), out _, out _);
        ids.Advance(StringTableReader.IdLength);
        return ids.WrittenCount / StringTableReader.IdLength;
    }

    private int AddOther(string value)
    {
        strings.Others.Add(value);
        return -strings.Others.Count;
    }
}
