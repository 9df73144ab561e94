using System.Globalization;
using System.Text;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>A reply of Redis: bytes, a status or a number, a list, or null.</summary>
internal sealed record RedisReply(byte[]? Bytes = null, IReadOnlyList<RedisReply>? List = null)
{
    public static readonly RedisReply Null = new();

    public bool IsNull => Bytes is null && List is null;

    /// <summary>The bytes, status or number as text.</summary>
    public string Text => Encoding.UTF8.GetString(Bytes ?? throw new InvalidOperationException($"This is not a text: {this}"));

    public long Number => long.Parse(Text, CultureInfo.InvariantCulture);

    /// <summary>The elements of a list. A map is a list of alternating keys and values.</summary>
    public IReadOnlyList<RedisReply> Items => List ?? throw new InvalidOperationException($"This is not a list: {this}");

    public override string ToString() =>
        List is not null ? $"[{string.Join(", ", List)}]" : Bytes is not null ? Text : "null";
}

/// <summary>Redis replied with an error.</summary>
internal sealed class RedisErrorException(string message) : Exception(message);
