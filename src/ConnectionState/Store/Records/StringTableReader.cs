namespace ConnectionStateService.Store.Records;

/// <summary>Finds the texts of what was stored. References are as <c>StoredTexts</c> says.</summary>
internal sealed class StringTableReader(StoredTexts texts)
{
    /// <summary>How many bytes an id takes.</summary>
    public const int IdLength = 16;

    private readonly string?[] ids = new string?[texts.Ids.Length / IdLength];

    /// <summary>The text, or none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The reference leads nowhere.</exception>
    public string? Find(int reference) => reference switch
    {
        0 => null,
        > 0 => Id(reference - 1),
        < 0 => texts.Others[-1 - reference],
    };

    /// <summary>The text, which must be there.</summary>
    /// <exception cref="InvalidDataException">There is no text.</exception>
    public string Get(int reference) => Find(reference) ?? throw new InvalidDataException("a text is missing");

    private string Id(int index) =>
        ids[index] ??= Convert.ToHexStringLower(texts.Ids.Span.Slice(index * IdLength, IdLength));
}
