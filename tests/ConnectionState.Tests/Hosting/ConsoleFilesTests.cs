using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using ConnectionStateService.Tests.Support;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionStateService.Tests.Hosting;

/// <summary>How the console's files come to a browser.</summary>
public sealed class ConsoleFilesTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    [Theory]
    [InlineData("/")]
    [InlineData("/m/shop.1/pages")]
    [InlineData("/m/shop.1/inbox/facebook/a.page:with.dots")]
    public async Task Every_address_of_the_console_is_its_one_page(string address)
    {
        using var reply = await GetAsync(address);

        Assert.Equal("text/html", reply.Content.Headers.ContentType?.MediaType);
        Assert.Contains("<title>ConnectionState</title>", await reply.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("no-store", reply.Headers.CacheControl?.ToString());
    }

    [Theory]
    [InlineData("/nowhere")]
    [InlineData("/assets/nothing.js")]
    [InlineData("/console/nothing")]
    [InlineData("/appsettings.json")]
    public async Task What_is_no_file_of_the_console_is_not_found(string address)
    {
        using var http = fixture.Service.NewHttpClient();

        Assert.Equal(404, (int)(await http.GetAsync(new Uri(address, UriKind.Relative))).StatusCode);
    }

    // As it is on the wire: a client that is well behaved would resolve the dots itself.
    [Theory]
    [InlineData("/../appsettings.json")]
    [InlineData("/%2e%2e/appsettings.json")]
    [InlineData("/..%2fappsettings.json")]
    [InlineData("/assets/%2e%2e/%2e%2e/appsettings.json")]
    [InlineData("/assets/..%2f..%2fappsettings.json")]
    public async Task What_lies_beside_the_files_is_not_found_on_a_way_around(string target)
    {
        Assert.True(File.Exists(BesideTheFiles));
        await using var service = await Service.StartAsync(listens: true);
        var address = service.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Last();
        using var connection = new TcpClient("127.0.0.1", new Uri(address).Port);
        await using var stream = connection.GetStream();

        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        using var reply = new StreamReader(stream);

        Assert.Equal("HTTP/1.1 404 Not Found", await reply.ReadLineAsync().WaitAsync(Eventually.Patience));
    }

    [Theory]
    [InlineData("/../appsettings.json")]
    [InlineData("/assets/../../appsettings.json")]
    public async Task Nor_when_the_dots_get_as_far_as_the_files(string path)
    {
        Assert.True(File.Exists(BesideTheFiles));
        var server = (TestServer)fixture.Service.Services.GetRequiredService<IServer>();

        var answered = await server.SendAsync(context => (context.Request.Method, context.Request.Path) = ("GET", path));

        Assert.Equal(404, answered.Response.StatusCode);
    }

    [Fact]
    public async Task What_the_page_asks_for_is_there_and_never_asked_for_again()
    {
        var files = await FilesOfThePageAsync();

        Assert.Equal(2, files.Count);
        foreach (var file in files)
        {
            using var reply = await GetAsync(file);
            Assert.Equal("public, max-age=31536000, immutable", reply.Headers.GetValues("Cache-Control").Single());

            // Caches that others share are told, whoever asks first.
            Assert.Equal(["Accept-Encoding"], reply.Headers.Vary);
            using var compressed = await GetAsync(file, compressed: true);
            Assert.Equal(["Accept-Encoding"], compressed.Headers.Vary);
        }
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/m/shop-1/pages")]
    [InlineData("/favicon.svg")]
    [InlineData("/console/config.json")]
    public async Task A_browser_is_told_to_load_and_run_nothing_but_what_comes_from_here(string address)
    {
        using var reply = await GetAsync(address);

        var policy = reply.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'self'; ", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("base-uri 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", reply.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("no-referrer", reply.Headers.GetValues("Referrer-Policy").Single());
    }

    [Fact]
    public async Task The_page_itself_keeps_to_that()
    {
        using var reply = await GetAsync("/");
        var page = await reply.Content.ReadAsStringAsync();

        Assert.DoesNotMatch(@"<script(?![^>]*\bsrc=""/)|<style|\bstyle=|\bon\w+=|//[a-z]", page);
    }

    [Fact]
    public async Task The_first_load_stays_under_200_KiB()
    {
        var sizes = new List<int>();
        foreach (var file in (await FilesOfThePageAsync()).Append("/").Append("/favicon.svg"))
        {
            using var reply = await GetAsync(file, compressed: true);
            Assert.Equal("br", reply.Content.Headers.ContentEncoding.Single());
            sizes.Add((await reply.Content.ReadAsByteArrayAsync()).Length);
        }

        Assert.InRange(sizes.Sum(), 1, 200 * 1024);
    }

    [Theory]
    [InlineData("Development", "true")]
    [InlineData("Production", "false")]
    public async Task The_console_learns_whether_the_providers_are_played(string environment, string development)
    {
        await using var service = await Service.StartAsync(environment: environment);
        using var http = service.NewHttpClient();
        using var reply = await http.GetAsync(new Uri("/console/config.json", UriKind.Relative));

        Assert.Equal($$"""{"development":{{development}}}""", await reply.Content.ReadAsStringAsync());
        Assert.Equal("no-store", reply.Headers.CacheControl?.ToString());
    }

    [Theory]
    [InlineData("application/grpc-web")]
    [InlineData("application/grpc-web+proto")]
    [InlineData("application/grpc-web-text")]
    public async Task Calls_are_never_compressed_on_the_way(string type)
    {
        using var http = fixture.Service.NewHttpClient();
        byte[] frame = [0, 0, 0, 0, 3, 10, 1, (byte)'m'];
        using var body = new ByteArrayContent(
            type.EndsWith("text", StringComparison.Ordinal) ? Encoding.ASCII.GetBytes(Convert.ToBase64String(frame)) : frame);
        body.Headers.ContentType = new(type);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/connectionstate.v1.PageService/GetPageList") { Content = body };
        request.Headers.AcceptEncoding.ParseAdd("gzip, br");
        using var reply = await http.SendAsync(request);

        Assert.Equal(200, (int)reply.StatusCode);
        Assert.NotEmpty(await reply.Content.ReadAsByteArrayAsync());
        Assert.Empty(reply.Content.Headers.ContentEncoding);
    }

    private static string BesideTheFiles => Path.Combine(AppContext.BaseDirectory, "appsettings.json");

    private async Task<List<string>> FilesOfThePageAsync()
    {
        using var reply = await GetAsync("/");
        return [.. Regex.Matches(await reply.Content.ReadAsStringAsync(), "(?:src|href)=\"(/assets/[^\"]+)\"").Select(m => m.Groups[1].Value)];
    }

    private async Task<HttpResponseMessage> GetAsync(string address, bool compressed = false)
    {
        using var http = fixture.Service.NewHttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (compressed)
        {
            request.Headers.AcceptEncoding.ParseAdd("br");
        }

        var reply = await http.SendAsync(request);
        Assert.Equal(200, (int)reply.StatusCode);
        return reply;
    }
}
