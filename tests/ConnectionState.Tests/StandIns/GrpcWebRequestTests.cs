using System.Text;
using ConnectionState.Tests.Support;
using FsCheck.Xunit;
using Grpc.AspNetCore.Web;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace ConnectionState.Tests.StandIns;

/// <summary>What becomes of a request of gRPC-Web on its way to gRPC.</summary>
public sealed class GrpcWebRequestTests
{
    private static readonly byte[] Sample = [0, 255, 1, 254, 62, 63, 0, 0, 7, 129, 3];

    [Fact]
    public async Task Base64_reads_the_same_however_it_is_split()
    {
        for (var length = 0; length <= Sample.Length; length++)
        {
            var sent = Encode(Sample[..length]);
            foreach (var (first, second) in Pairs(sent.Length))
            {
                Assert.Equal(Sample[..length], await ReadAsync(sent[..first], sent[first..second], sent[second..]));
            }
        }
    }

    [Fact]
    public async Task Pieces_that_were_encoded_by_themselves_read_as_one()
    {
        foreach (var (first, second) in Pairs(Sample.Length))
        {
            byte[] sent = [.. Encode(Sample[..first]), .. Encode(Sample[first..second]), .. Encode(Sample[second..])];

            Assert.Equal(Sample, await ReadAsync(sent));
            Assert.Equal(Sample, await ReadAsync([.. sent.Select(one => new[] { one })]));
        }
    }

    [Property(MaxTest = 1_000)]
    public void Any_bytes_encoded_in_any_pieces_and_split_in_any_way_read_as_they_were(byte[][] pieces, byte size)
    {
        var sent = pieces.SelectMany(Encode).ToArray();

        Assert.Equal(pieces.SelectMany(piece => piece), ReadAsync([.. sent.Chunk(1 + (size % 9))]).GetAwaiter().GetResult());
    }

    [Fact]
    public async Task A_body_of_many_blocks_reads_as_it_was()
    {
        var all = new byte[300_001];
        new Random(1).NextBytes(all);
        var sent = Encode(all);

        Assert.Equal(all, await ReadAsync(sent));
        Assert.Equal(all, await ReadAsync([.. sent.Chunk(1_021)]));
    }

    [Theory]
    [InlineData("!!!!")]
    [InlineData("AAA")]
    [InlineData("AAAAA")]
    [InlineData("A===")]
    [InlineData("=AAA")]
    [InlineData("AA=A")]
    [InlineData("AAAAAA==A")]
    public async Task What_is_no_base64_is_an_error(string sent)
    {
        var failure = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(Encoding.ASCII.GetBytes(sent)));

        Assert.Equal(StatusCode.Internal, failure.StatusCode);
    }

    [Theory]
    [InlineData(WebExchange.Binary)]
    [InlineData(WebExchange.Text)]
    public async Task What_has_come_is_read_before_the_rest_is_there(string contentType)
    {
        var sent = contentType == WebExchange.Text ? Encode([1, 2, 3]) : [1, 2, 3];
        await using var body = new PieceStream([sent], staysOpen: true);
        byte[] seen = [];

        await WebExchange.AnswerAsync(contentType, async context =>
        {
            var read = await context.Request.BodyReader.ReadAtLeastAsync(3).AsTask().WaitAsync(Eventually.Patience);
            seen = System.Buffers.BuffersExtensions.ToArray(read.Buffer);
        }, body);

        Assert.Equal([1, 2, 3], seen);
    }

    [Theory]
    [InlineData("application/grpc-web", true)]
    [InlineData("application/grpc-web+proto", true)]
    [InlineData("application/grpc-web-text", true)]
    [InlineData("application/grpc-web-text+proto", true)]
    [InlineData("application/grpc-web; charset=utf-8", true)]
    [InlineData("application/grpc-web-text+proto;charset=utf-8", true)]
    [InlineData("Application/gRPC-Web", true)]
    [InlineData("APPLICATION/GRPC-WEB-TEXT+PROTO", true)]
    [InlineData("application/grpc", false)]
    [InlineData("application/grpc+proto", false)]
    [InlineData("application/grpc-webby", false)]
    [InlineData("application/json", false)]
    public async Task Only_calls_of_gRPC_Web_look_like_calls_of_gRPC(string contentType, bool translated)
    {
        var seen = await SeeAsync(contentType, enabled: true);

        Assert.Equal(translated ? (HttpProtocol.Http2, "application/grpc") : (HttpProtocol.Http11, contentType), seen);
    }

    [Fact]
    public async Task An_endpoint_says_whether_it_is_called_by_gRPC_Web()
    {
        Assert.Equal(HttpProtocol.Http2, (await SeeAsync(WebExchange.Binary, enabled: false, new EnableGrpcWebAttribute())).Protocol);
        Assert.Equal(HttpProtocol.Http11, (await SeeAsync(WebExchange.Binary, enabled: false)).Protocol);
        Assert.Equal(HttpProtocol.Http11, (await SeeAsync(WebExchange.Binary, enabled: true, new DisableGrpcWebAttribute())).Protocol);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("OPTIONS")]
    public async Task Only_a_POST_is_a_call(string method) =>
        Assert.Equal((HttpProtocol.Http11, WebExchange.Binary), await SeeAsync(WebExchange.Binary, method));

    private static Task<(string Protocol, string? ContentType)> SeeAsync(string contentType, bool enabled, params object[] metadata) =>
        SeeAsync(contentType, "POST", enabled, metadata);

    private static async Task<(string Protocol, string? ContentType)> SeeAsync(
        string contentType, string method, bool enabled = true, params object[] metadata)
    {
        (string, string?) seen = default;
        await WebExchange.AnswerAsync(contentType, context =>
        {
            seen = (context.Request.Protocol, context.Request.ContentType);
            return Task.CompletedTask;
        }, null, enabled, metadata, method: method);
        return seen;
    }

    private static async Task<byte[]> ReadAsync(params byte[][] pieces)
    {
        await using var body = new PieceStream(pieces);
        return await WebExchange.ReadAsync(WebExchange.Text, body);
    }

    private static byte[] Encode(byte[] bytes) => Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes));

    private static IEnumerable<(int First, int Second)> Pairs(int length) =>
        from first in Enumerable.Range(0, length + 1)
        from second in Enumerable.Range(first, length + 1 - first)
        select (first, second);
}
