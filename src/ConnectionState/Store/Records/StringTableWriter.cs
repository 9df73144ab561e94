using System.Buffers;
using Google.Protobuf;

namespace ConnectionStateService.Store.Records;

/// <summary>Collects the texts of what is to be stored, each of them once. References are as <c>StoredTexts</c> says.</summary>
internal sealed class StringTableWriter
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    private readonly Dictionary<string, int> references;
    private readonly ArrayBufferWriter<byte> ids;
    private readonly StoredTexts texts = new();

    /// <param name="expected">About how many texts there will be; only for speed.</param>
    public StringTableWriter(int expected)
    {
        references = new Dictionary<string, int>(expected);
        // Never room for none, which the writer refuses.
        ids = new ArrayBufferWriter<byte>((expected + 1) * StringTableReader.IdLength);
    }

    /// <summary>The reference to a text; 0: none.</summary>
    public int Refer(string? text)
    {
        if (text is null)
        {
            return 0;
        }

        if (!references.TryGetValue(text, out var reference))
        {
            reference = IsId(text) ? AddId(text) : AddOther(text);
            references.Add(text, reference);
        }

        return reference;
    }

    /// <summary>All texts that were referred to.</summary>
    public StoredTexts ToStored()
    {
        texts.Ids = ByteString.CopyFrom(ids.WrittenSpan);
        return texts;
    }

    private static bool IsId(string text) =>
        text.Length == 2 * StringTableReader.IdLength && !text.AsSpan().ContainsAnyExcept(Digits);

    private int AddId(string text)
    {
        Convert.FromHexString(text, ids.GetSpan(StringTableReader.IdLength), out _, out _);
        ids.Advance(StringTableReader.IdLength);
        return ids.WrittenCount / StringTableReader.IdLength;
    }

    private int AddOther(string text)
    {
        texts.Others.Add(text);
        return -texts.Others.Count;
    }
}
