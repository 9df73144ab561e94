using System.Text;
using ConnectionStateService.SystemTests.Support;

namespace ConnectionStateService.TestSupportTests.Redis;

/// <summary>RespFrames finds Redis replies and messages however TCP segments split them.</summary>
public sealed class RespFramesTests
{
    private static readonly string[] Frames =
    [
        "+OK\r\n",
        "-ERR no\r\n",
        ":-12\r\n",
        "$-1\r\n",
        "*-1\r\n",
        "$0\r\n\r\n",
        "$6\r\na\r\n$3\n\r\n",
        "*0\r\n",
        "*3\r\n$8\r\nsmessage\r\n$1\r\nc\r\n$2\r\n\r\n\r\n",
        ">3\r\n$8\r\nsmessage\r\n$1\r\nc\r\n$5\r\nhello\r\n",
        "*2\r\n*2\r\n:1\r\n*1\r\n$1\r\na\r\n$-1\r\n",
        "%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n_\r\n",
        "~2\r\n#t\r\n,1.5\r\n",
        "|1\r\n+a\r\n:1\r\n*1\r\n=7\r\ntxt:abc\r\n",
        "!5\r\nERR x\r\n",
        "(123456789012345678901234567890\r\n",
    ];

    private static readonly byte[] Everything = Encoding.ASCII.GetBytes(string.Concat(Frames));

    [Fact]
    public void Every_frame_is_found_in_input_split_at_any_two_places()
    {
        for (var first = 0; first <= Everything.Length; first++)
        {
            for (var second = first; second <= Everything.Length; second++)
            {
                Assert.Equal(Frames, Read(Everything[..first], Everything[first..second], Everything[second..]));
            }
        }
    }

    [Fact]
    public void Every_frame_is_found_in_input_of_single_bytes()
    {
        Assert.Equal(Frames, Read([.. Everything.Select(one => new[] { one })]));
    }

    [Fact]
    public void A_frame_is_complete_with_its_last_byte_and_not_before()
    {
        foreach (var frame in Frames)
        {
            var bytes = Encoding.ASCII.GetBytes(frame);
            var frames = new RespFrames();
            Assert.Empty(frames.Add(bytes[..^1]));
            Assert.Equal(bytes, Assert.Single(frames.Add(bytes[^1..])));
        }
    }

    private static List<string> Read(params byte[][] arrivals)
    {
        var frames = new RespFrames();
        return [.. arrivals.SelectMany(frames.Add).Select(frame => Encoding.ASCII.GetString(frame))];
    }
}
