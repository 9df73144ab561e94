using System.Text;
using Microsoft.AspNetCore.Http;

namespace ConnectionState.Tests.StandIns;

/// <summary>What becomes of a response of gRPC on its way to a caller of gRPC-Web.</summary>
public sealed class GrpcWebResponseTests
{
    private static readonly byte[] EmptyMessage = [0, 0, 0, 0, 0];
    private static readonly byte[] Message = [0, 0, 0, 0, 2, 8, 1];

    [Theory]
    [InlineData(WebExchange.Binary)]
    [InlineData(WebExchange.Text)]
    public async Task Trailers_are_the_last_frame(string contentType)
    {
        var body = Decode(contentType, await WebExchange.AnswerAsync(contentType, async context =>
        {
            await WriteAsync(context, EmptyMessage);
            await WriteAsync(context, Message);
            context.Response.AppendTrailer("Grpc-Status", "5");
            context.Response.AppendTrailer("grpc-message", "gone%20away: for good");
        }));

        byte[] messages = [.. EmptyMessage, .. Message];
        Assert.Equal(messages, body[..messages.Length]);
        Assert.Equal(["grpc-message:gone%20away: for good", "grpc-status:5"], TrailersIn(body[messages.Length..]));
    }

    [Theory]
    [InlineData(WebExchange.Binary)]
    [InlineData(WebExchange.Text)]
    public async Task A_response_without_trailers_has_no_frame_for_them(string contentType)
    {
        // The status of a response without messages is in its headers.
        Assert.Empty(await WebExchange.AnswerAsync(contentType, context =>
        {
            context.Response.Headers["grpc-status"] = "5";
            return Task.CompletedTask;
        }));
    }

    [Theory]
    [InlineData(WebExchange.Binary)]
    [InlineData(WebExchange.Text)]
    public async Task A_message_is_on_its_way_once_it_is_flushed(string contentType)
    {
        using var wire = new MemoryStream();
        var sent = new List<int>();
        await WebExchange.AnswerAsync(contentType, async context =>
        {
            foreach (var message in new[] { EmptyMessage, Message, EmptyMessage })
            {
                await WriteAsync(context, message);
                sent.Add(Decode(contentType, wire.ToArray()).Length);
            }
        }, response: wire);

        Assert.Equal([5, 12, 17], sent);
    }

    [Theory]
    [InlineData(WebExchange.Binary)]
    [InlineData(WebExchange.Text)]
    public async Task What_was_not_flushed_is_sent_with_the_trailers(string contentType)
    {
        var body = Decode(contentType, await WebExchange.AnswerAsync(contentType, context =>
        {
            Message.CopyTo(context.Response.BodyWriter.GetSpan(Message.Length));
            context.Response.BodyWriter.Advance(Message.Length);
            context.Response.AppendTrailer("grpc-status", "0");
            return Task.CompletedTask;
        }));

        Assert.Equal(Message, body[..Message.Length]);
        Assert.Equal(["grpc-status:0"], TrailersIn(body[Message.Length..]));
    }

    [Theory]
    [InlineData(WebExchange.Binary)]
    [InlineData(WebExchange.Text)]
    public async Task A_response_that_is_completed_early_has_its_trailers_once(string contentType)
    {
        var body = Decode(contentType, await WebExchange.AnswerAsync(contentType, async context =>
        {
            await WriteAsync(context, Message);
            context.Response.AppendTrailer("grpc-status", "4");
            await context.Response.CompleteAsync();
        }));

        Assert.Equal(["grpc-status:4"], TrailersIn(body[Message.Length..]));
    }

    // As a deadline does, from another thread and at any moment: there is no lock around the writing of a message.
    [Theory]
    [InlineData(WebExchange.Binary, 0)]
    [InlineData(WebExchange.Binary, 5)]
    [InlineData(WebExchange.Text, 0)]
    [InlineData(WebExchange.Text, 5)]
    public async Task A_response_that_is_completed_while_a_message_is_written_ends_before_that_message(string contentType, int written)
    {
        var body = Decode(contentType, await WebExchange.AnswerAsync(contentType, async context =>
        {
            var writer = context.Response.BodyWriter;
            await WriteAsync(context, EmptyMessage);
            Message.AsSpan(0, written).CopyTo(writer.GetSpan(written));
            writer.Advance(written);
            var rest = writer.GetMemory(Message.Length - written);

            context.Response.AppendTrailer("grpc-status", "4");
            await context.Response.CompleteAsync();

            Message.AsSpan(written).CopyTo(rest.Span);
            writer.Advance(Message.Length - written);
            Assert.True((await writer.FlushAsync()).IsCompleted);
        }));

        Assert.Equal(EmptyMessage, body[..EmptyMessage.Length]);
        Assert.Equal(["grpc-status:4"], TrailersIn(body[EmptyMessage.Length..]));
    }

    [Fact]
    public async Task A_large_message_is_encoded_as_a_whole()
    {
        var large = new byte[200_000];
        new Random(1).NextBytes(large);

        var body = await WebExchange.AnswerAsync(WebExchange.Text, context => WriteAsync(context, large));

        Assert.Equal(large, Decode(WebExchange.Text, body));
    }

    private static async Task WriteAsync(HttpContext context, byte[] bytes) => await context.Response.BodyWriter.WriteAsync(bytes);

    // One frame, the flag for trailers, its length, and "name: value" lines in any order.
    private static IEnumerable<string> TrailersIn(byte[] frame)
    {
        Assert.Equal(0x80, frame[0]);
        Assert.Equal(frame.Length - 5, (frame[1] << 24) + (frame[2] << 16) + (frame[3] << 8) + frame[4]);
        var text = Encoding.ASCII.GetString(frame, 5, frame.Length - 5);
        Assert.EndsWith("\r\n", text, StringComparison.Ordinal);
        return text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(':', 2)).Select(pair => $"{pair[0]}:{pair[1].Trim()}").Order(StringComparer.Ordinal);
    }

    // Four letters at a time: there may be padding between them.
    private static byte[] Decode(string contentType, byte[] sent) => contentType == WebExchange.Binary
        ? sent
        : [.. sent.Chunk(4).SelectMany(quad => Convert.FromBase64String(Encoding.ASCII.GetString(quad)))];
}
