using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using ConnectionStateService.Hosting;
using ConnectionStateService.Tests.Support;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionStateService.Tests.Hosting;

/// <summary>ConsoleFiles: routes, caching, security headers and compression.</summary>
public sealed class ConsoleFilesTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    [Theory]
    [InlineData("/")]
    [InlineData("/fleet")]
    [InlineData("/m/shop.1/pages")]
    [InlineData("/m/shop.1/inbox/facebook/a.page:with.dots")]
    public async Task Every_route_of_the_console_returns_its_page(string address)
    {
        using var response = await GetAsync(address);

        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("<title>ConnectionState</title>", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
    }

    [Theory]
    [InlineData("/nowhere")]
    [InlineData("/fleet/nothing")]
    [InlineData("/assets/nothing.js")]
    [InlineData("/console/nothing")]
    [InlineData("/appsettings.json")]
    public async Task A_path_that_is_no_file_of_the_console_is_404(string address)
    {
        using var http = fixture.Service.NewHttpClient();

        Assert.Equal(404, (int)(await http.GetAsync(new Uri(address, UriKind.Relative))).StatusCode);
    }

    // Sent over a raw socket: HttpClient would resolve the dots itself.
    [Theory]
    [InlineData("/../appsettings.json")]
    [InlineData("/%2e%2e/appsettings.json")]
    [InlineData("/..%2fappsettings.json")]
    [InlineData("/assets/%2e%2e/%2e%2e/appsettings.json")]
    [InlineData("/assets/..%2f..%2fappsettings.json")]
    public async Task A_path_with_dots_cannot_leave_wwwroot(string target)
    {
        Assert.True(File.Exists(FileOutsideWwwroot));
        await using var service = await Service.StartAsync(listens: true);
        var address = service.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Last();
        using var connection = new TcpClient("127.0.0.1", new Uri(address).Port);
        await using var stream = connection.GetStream();

        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        using var response = new StreamReader(stream);

        Assert.Equal("HTTP/1.1 404 Not Found", await response.ReadLineAsync().WaitAsync(Eventually.Patience));
    }

    [Theory]
    [InlineData("/../appsettings.json")]
    [InlineData("/assets/../../appsettings.json")]
    public async Task A_decoded_path_with_dots_cannot_leave_wwwroot(string path)
    {
        Assert.True(File.Exists(FileOutsideWwwroot));
        var server = (TestServer)fixture.Service.Services.GetRequiredService<IServer>();

        var answered = await server.SendAsync(context => (context.Request.Method, context.Request.Path) = ("GET", path));

        Assert.Equal(404, answered.Response.StatusCode);
    }

    [Fact]
    public async Task Assets_with_a_hash_in_their_name_are_cached_forever()
    {
        var files = await GetAssetsAsync();

        Assert.Equal(2, files.Count);
        foreach (var file in files)
        {
            using var response = await GetAsync(file);
            Assert.Equal("public, max-age=31536000, immutable", response.Headers.GetValues("Cache-Control").Single());

            // Shared caches must see Vary in both cases.
            Assert.Equal(["Accept-Encoding"], response.Headers.Vary);
            using var compressed = await GetAsync(file, compressed: true);
            Assert.Equal(["Accept-Encoding"], compressed.Headers.Vary);
        }
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/m/shop-1/pages")]
    [InlineData("/favicon.svg")]
    [InlineData("/console/config.json")]
    public async Task Every_response_has_the_security_headers(string address)
    {
        using var response = await GetAsync(address);

        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'self'; ", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("base-uri 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("no-referrer", response.Headers.GetValues("Referrer-Policy").Single());
    }

    [Fact]
    public async Task The_page_has_no_inline_script_or_style()
    {
        using var response = await GetAsync("/");
        var page = await response.Content.ReadAsStringAsync();

        Assert.DoesNotMatch(@"<script(?![^>]*\bsrc=""/)|<style|\bstyle=|\bon\w+=|//[a-z]", page);
    }

    [Fact]
    public async Task The_script_of_the_element_is_for_the_pages_of_allowed_origins_and_revalidated_at_each_load()
    {
        await using var service = await Service.StartAsync(new() { ["Listen:AllowedOrigins:0"] = "https://shop.example" });
        using var http = service.NewHttpClient();
        async Task<HttpResponseMessage> LoadAsync(string path, string origin)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Origin", origin }, { "Accept-Encoding", "br" } } };
            return await http.SendAsync(request);
        }

        using var script = await LoadAsync("/connectionstate-pages.js", "https://shop.example");
        using var config = await LoadAsync("/console/config.json", "https://shop.example");
        using var foreign = await LoadAsync("/connectionstate-pages.js", "https://other.example");

        Assert.Equal("text/javascript", script.Content.Headers.ContentType?.MediaType);
        Assert.InRange((await script.Content.ReadAsByteArrayAsync()).Length, 1, 84 * 1024);
        Assert.Equal("no-cache", script.Headers.CacheControl?.ToString());
        Assert.All([script, foreign], response => Assert.Equal(["Accept-Encoding", "Origin"], response.Headers.Vary.Order()));
        Assert.All([script, config], response => Assert.Equal("https://shop.example", response.Headers.GetValues("Access-Control-Allow-Origin").Single()));
        Assert.False(foreign.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task The_first_load_stays_under_100_KiB()
    {
        var sizes = new List<int>();
        foreach (var file in (await GetAssetsAsync()).Append("/").Append("/favicon.svg"))
        {
            using var response = await GetAsync(file, compressed: true);
            Assert.Equal("br", response.Content.Headers.ContentEncoding.Single());
            sizes.Add((await response.Content.ReadAsByteArrayAsync()).Length);
        }

        Assert.InRange(sizes.Sum(), 1, 100 * 1024);
    }

    [Theory]
    [InlineData("Development", "true")]
    [InlineData("Production", "false")]
    public async Task The_console_config_says_whether_this_is_Development(string environment, string development)
    {
        await using var service = await Service.StartAsync(environment: environment);
        using var http = service.NewHttpClient();
        using var response = await http.GetAsync(new Uri("/console/config.json", UriKind.Relative));

        Assert.Equal(
            $$"""{"development":{{development}},"embeddingOrigins":[],"connectUrls":{"facebook":null,"zalo":null},"buyMoreUrl":null}""",
            await response.Content.ReadAsStringAsync());
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task Only_the_embedding_origins_may_put_the_console_in_a_frame()
    {
        await using var service = await Service.StartAsync(new()
        {
            ["Console:EmbeddingOrigins:0"] = "https://shop.example",
            ["Console:EmbeddingOrigins:1"] = "http://localhost:5173",
        });
        using var http = service.NewHttpClient();
        using var response = await http.GetAsync(new Uri("/", UriKind.Relative));

        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.EndsWith("; frame-ancestors https://shop.example http://localhost:5173", policy, StringComparison.Ordinal);
        Assert.Contains(
            "\"embeddingOrigins\":[\"https://shop.example\",\"http://localhost:5173\"]",
            await http.GetStringAsync(new Uri("/console/config.json", UriKind.Relative)),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("https://shop.example/path")]
    [InlineData("'self'; script-src *")]
    public void An_embedding_origin_is_an_origin_and_nothing_else(string origin)
    {
        var options = new ConsoleOptions { EmbeddingOrigins = ["https://shop.example", origin] };

        var problem = Assert.Single(options.Validate(new(options)));

        Assert.StartsWith("The field EmbeddingOrigins must be origins", problem.ErrorMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/grpc-web")]
    [InlineData("application/grpc-web+proto")]
    [InlineData("application/grpc-web-text")]
    public async Task gRPC_Web_responses_are_never_compressed(string type)
    {
        using var http = fixture.Service.NewHttpClient();
        byte[] frame = [0, 0, 0, 0, 3, 10, 1, (byte)'m'];
        using var body = new ByteArrayContent(
            type.EndsWith("text", StringComparison.Ordinal) ? Encoding.ASCII.GetBytes(Convert.ToBase64String(frame)) : frame);
        body.Headers.ContentType = new(type);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/connectionstate.v1.PageService/GetPageList") { Content = body };
        request.Headers.AcceptEncoding.ParseAdd("gzip, br");
        using var response = await http.SendAsync(request);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.NotEmpty(await response.Content.ReadAsByteArrayAsync());
        Assert.Empty(response.Content.Headers.ContentEncoding);
    }

    private static string FileOutsideWwwroot => Path.Combine(AppContext.BaseDirectory, "appsettings.json");

    private async Task<List<string>> GetAssetsAsync()
    {
        using var response = await GetAsync("/");
        return [.. Regex.Matches(await response.Content.ReadAsStringAsync(), "(?:src|href)=\"(/assets/[^\"]+)\"").Select(m => m.Groups[1].Value)];
    }

    private async Task<HttpResponseMessage> GetAsync(string address, bool compressed = false)
    {
        using var http = fixture.Service.NewHttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (compressed)
        {
            request.Headers.AcceptEncoding.ParseAdd("br");
        }

        var response = await http.SendAsync(request);
        Assert.Equal(200, (int)response.StatusCode);
        return response;
    }
}
