using System.Net.Http.Headers;
using System.Text;
using ConnectionState.Tests.Support;

namespace ConnectionState.Tests.StandIns;

/// <summary>In which format a call of gRPC-Web is answered.</summary>
public sealed class GrpcWebContentTypeTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private const string Binary = "application/grpc-web";
    private const string Text = "application/grpc-web-text";

    [Theory]
    [InlineData(Binary, null, Binary)]
    [InlineData(Text, null, Text)]
    [InlineData(Binary, Text, Text)]
    [InlineData(Text, Binary, Binary)]
    [InlineData(Binary, "*/*", Binary)]
    [InlineData(Text, "application/json, */*", Text)]
    [InlineData(Binary, "application/json, application/grpc-web-text", Text)]
    [InlineData(Text, "Application/gRPC-Web+Proto; charset=utf-8", Binary)]
    [InlineData("APPLICATION/GRPC-WEB-TEXT;charset=utf-8", null, Text)]
    [InlineData(Binary, "application/grpc-webby", Binary)]
    [InlineData(Binary, "application/grpc-web+json", Binary)]
    [InlineData(Binary, "application/grpc-web-text+anything", Text)]
    public async Task The_answer_is_what_the_caller_takes_or_else_what_it_sent(string sent, string? accepted, string answered)
    {
        using var http = fixture.Service.NewHttpClient();
        using var call = new HttpRequestMessage(HttpMethod.Post, "/connectionstate.v1.PageService/GetPageList") { Content = RequestIn(sent) };
        if (accepted is not null)
        {
            call.Headers.Add("Accept", accepted);
        }

        using var reply = await http.SendAsync(call);
        var body = await reply.Content.ReadAsByteArrayAsync();

        Assert.Equal(answered, reply.Content.Headers.ContentType?.ToString());

        // A small message begins with zeros: its flag, and the first bytes of its length.
        Assert.Equal(answered == Text ? "AAAA"u8 : [0, 0, 0, 0], body.AsSpan(0, 4));
    }

    private static ByteArrayContent RequestIn(string contentType)
    {
        byte[] frame = [0, 0, 0, 0, 3, 10, 1, (byte)'m'];
        var isText = contentType.Contains("-text", StringComparison.OrdinalIgnoreCase);
        var content = new ByteArrayContent(isText ? Encoding.ASCII.GetBytes(Convert.ToBase64String(frame)) : frame);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        return content;
    }
}
