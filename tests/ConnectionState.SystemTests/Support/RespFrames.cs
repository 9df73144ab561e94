using System.Globalization;
using System.Text;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>Splits a stream of RESP2 or RESP3 into whole replies and messages.</summary>
internal sealed class RespFrames
{
    private byte[] rest = [];

    /// <summary>Adds bytes and returns the frames that are complete. The rest is kept.</summary>
    public List<byte[]> Add(byte[] bytes)
    {
        rest = [.. rest, .. bytes];
        var frames = new List<byte[]>();
        var start = 0;
        while (End(rest, start) is { } end)
        {
            frames.Add(rest[start..end]);
            start = end;
        }

        rest = rest[start..];
        return frames;
    }

    // Returns where the frame that begins at start ends, or null if it is incomplete.
    private static int? End(byte[] bytes, int start)
    {
        var at = start;
        for (var parts = 1; parts > 0; parts--)
        {
            var length = bytes.AsSpan(Math.Min(at, bytes.Length)).IndexOf("\r\n"u8);
            if (length < 0)
            {
                return null;
            }

            var line = Encoding.ASCII.GetString(bytes, at, length);
            at += length + 2;
            parts += Parts(line);
            at += Size(line);
        }

        return at <= bytes.Length ? at : null;
    }

    // The number of elements that follow. An attribute belongs to the reply after it.
    private static int Parts(string line) => line[0] switch
    {
        '*' or '~' or '>' => Math.Max(Count(line), 0),
        '%' => 2 * Count(line),
        '|' => (2 * Count(line)) + 1,
        _ => 0,
    };

    // The number of bytes that follow. A length of -1 means null.
    private static int Size(string line) => line[0] is '$' or '=' or '!' && Count(line) >= 0 ? Count(line) + 2 : 0;

    private static int Count(string line) => int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture);
}
