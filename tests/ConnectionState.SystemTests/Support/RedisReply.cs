using System.Globalization;
using System.Text;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>What Redis answered: bytes, a number, a list, or nothing at all.</summary>
internal sealed record RedisReply(byte[]? Bytes = null, IReadOnlyList<RedisReply>? List = null)
{
    public static readonly RedisReply Null = new();

    public bool IsNull => Bytes is null && List is null;

    /// <summary>Bytes, a status or a number as text.</summary>
    public string Text => Encoding.UTF8.GetString(Bytes ?? throw new InvalidOperationException($"This is no text: {this}"));

    public long Number => long.Parse(Text, CultureInfo.InvariantCulture);

    /// <summary>The parts of a list; of a map, keys and values in turn.</summary>
    public IReadOnlyList<RedisReply> Items => List ?? throw new InvalidOperationException($"This is no list: {this}");

    public override string ToString() =>
        List is not null ? $"[{string.Join(", ", List)}]" : Bytes is not null ? Text : "null";
}

/// <summary>Redis turned a command down.</summary>
internal sealed class RedisErrorException(string message) : Exception(message);
