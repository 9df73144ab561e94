namespace ConnectionStateService.Store.Records;

/// <summary>Resolves references into a string table. See <c>StringTable</c> in storage.proto.</summary>
internal sealed class StringTableReader(StringTable strings)
{
    /// <summary>The length of a stored id, in bytes.</summary>
    public const int IdLength = 16;

    private readonly string?[] ids = new string?[strings.Ids.Length / IdLength];

    /// <summary>Returns the string, or null if the reference is 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The table has no such entry.</exception>
    public string? Find(int reference) => reference switch
    {
        0 => null,
        > 0 => Id(reference - 1),
        < 0 => strings.Others[-1 - reference],
    };

    /// <summary>Returns a string that must not be null.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The table has no such entry.</exception>
    /// <exception cref="InvalidDataException">The reference is 0.</exception>
    public string Get(int reference) => Find(reference) ?? throw new InvalidDataException("a required string is missing");

    private string Id(int index) =>
        ids[index] ??= Convert.ToHexStringLower(strings.Ids.Span.Slice(index * IdLength, IdLength));
}
