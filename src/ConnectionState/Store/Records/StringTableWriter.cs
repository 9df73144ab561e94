using System.Buffers;
using System.Runtime.InteropServices;
using ConnectionStateService.Core;
using Google.Protobuf;

namespace ConnectionStateService.Store.Records;

/// <summary>Builds a string table that holds each string once. See <c>StringTable</c> in storage.proto.</summary>
internal sealed class StringTableWriter
{
    // Most tables have a few strings. Comparing with all of them is faster than hashing.
    private const int MaxScanned = 16;

    private readonly List<KeyValuePair<string, int>> scanned = [];
    private readonly Dictionary<string, int> hashed = [];
    private readonly ArrayBufferWriter<byte> ids;
    private readonly StringTable strings = new();

    /// <param name="expected">The expected number of strings. Only affects speed.</param>
    public StringTableWriter(int expected)
    {
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

        foreach (var (known, reference) in CollectionsMarshal.AsSpan(scanned))
        {
            if (known == value)
            {
                return reference;
            }
        }

        if (!hashed.TryGetValue(value, out var found))
        {
            found = IsId(value) ? AddId(value) : AddOther(value);
            Remember(value, found);
        }

        return found;
    }

    /// <summary>Returns the table.</summary>
    public StringTable ToStored()
    {
        strings.Ids = ByteString.CopyFrom(ids.WrittenSpan);
        return strings;
    }

    private static bool IsId(string value) =>
        value.Length == 2 * StringTableReader.IdLength && !value.AsSpan().ContainsAnyExcept(LowerCaseHex.Digits);

    private void Remember(string value, int reference)
    {
        if (scanned.Count < MaxScanned)
        {
            scanned.Add(new(value, reference));
        }
        else
        {
            hashed.Add(value, reference);
        }
    }

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
