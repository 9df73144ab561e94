using System.Globalization;
using System.Text;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>Cuts what Redis sends, in RESP2 or RESP3, into whole replies and messages, however it arrives.</summary>
internal sealed class RespFrames
{
    private byte[] rest = [];

    /// <summary>What is complete now. What is not is kept until more arrives.</summary>
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

    // Where the frame ends that starts there, if it does yet.
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

    // How many parts follow; an attribute goes with the reply that comes after it.
    private static int Parts(string line) => line[0] switch
    {
        '*' or '~' or '>' => Math.Max(Count(line), 0),
        '%' => 2 * Count(line),
        '|' => (2 * Count(line)) + 1,
        _ => 0,
    };

    // How many bytes follow; minus one stands for nothing at all.
    private static int Size(string line) => line[0] is '$' or '=' or '!' && Count(line) >= 0 ? Count(line) + 2 : 0;

    private static int Count(string line) => int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture);
}
