using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.SystemTests;

/// <summary>Debian's nginx in front of the HTTP port, with nothing set but where to pass requests.</summary>
public sealed class NginxTests : IAsyncLifetime, IDisposable
{
    // For other users than root, it is not in the PATH.
    private const string Nginx = "/usr/sbin/nginx";
    private const string GetPageList = "PageService/GetPageList";
    private const string WatchPageList = "WatchService/WatchPageList";
    private const string NoBuffering = "X-Accel-Buffering";

    // Many times the usual delay, and far less than the interval of checkpoints.
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(2);

    private readonly TemporaryFolder folder = new();
    private ServerProcess server = null!;
    private ChildProcess nginx = null!;
    private ConnectionStateClient committer = null!;
    private WebCaller client = null!;
    private Uri address = null!;

    public async Task InitializeAsync()
    {
        Assert.True(File.Exists(Nginx), $"{Nginx} is missing: apt-get install nginx-light");
        server = await ServerProcess.StartAsync(folder.File("cs.db"), "--Watch:CheckpointInterval=00:00:30");
        committer = server.NewClient();
        var port = FreePort.Find();
        address = new Uri($"http://127.0.0.1:{port}");
        nginx = await StartAsync(port);
        client = new WebCaller(address);
    }

    public async Task DisposeAsync()
    {
        await nginx.DisposeAsync();
        await server.DisposeAsync();
    }

    public void Dispose()
    {
        client.Dispose();
        committer.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Streams_arrive_at_once_and_calls_and_buttons_work()
    {
        foreach (var contentType in (string[])[WebCaller.Binary, WebCaller.Text])
        {
            var merchant = contentType == WebCaller.Text ? "text" : "binary";
            var watch = Stopwatch.StartNew();
            using var stream = await client.CallAsync(WatchPageList, new WatchPageListRequest { MerchantId = merchant }, contentType);
            Assert.Equal(SnapshotReason.Initial, (await stream.NextAsync(WatchPageListResponse.Parser))?.Snapshot.Reason);

            // A button of a screen, and a commit from elsewhere.
            using var begun = await client.CallAsync(
                "ConnectService/BeginConnect", new BeginConnectRequest { MerchantId = merchant, Provider = Provider.Zalo }, contentType);
            var session = (await begun.NextAsync(BeginConnectResponse.Parser))?.Session;
            var opened = await stream.NextAsync(WatchPageListResponse.Parser);
            await Commits.MakeAsync(committer, merchant, 7);
            var changed = await stream.NextAsync(WatchPageListResponse.Parser);

            Assert.Equal(session?.SessionId, Assert.Single(opened!.Changes.PageList.Sessions).SessionId);
            Assert.Equal(7, changed?.Changes.PageList.Quota.Bought);
            Assert.InRange(watch.Elapsed, TimeSpan.Zero, 3 * AtOnce);

            using var list = await client.CallAsync(GetPageList, new GetPageListRequest { MerchantId = merchant }, contentType);
            Assert.Equal(7, (await list.NextAsync(GetPageListResponse.Parser))?.PageList.Quota.Bought);
            using var refused = await client.CallAsync(
                "PageService/Disconnect", new DisconnectRequest { MerchantId = merchant, Page = new() { Provider = Provider.Zalo, PageId = "none" } }, contentType);
            Assert.Null(await refused.NextAsync(DisconnectResponse.Parser));
            Assert.Equal((StatusCode.NotFound, "CONNECTION_NOT_FOUND"), (refused.Status, refused.Reason));
        }

        using var http = new HttpClient { BaseAddress = address };
        Assert.Contains("\"merchantId\"", await http.GetStringAsync("/v1/merchants/text/pages"), StringComparison.Ordinal);
        Assert.Contains("<html", await http.GetStringAsync("/"), StringComparison.Ordinal);
        using var missing = await http.GetAsync("/v1/merchants/text/pages/PROVIDER_ZALO/none");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);

        // nginx does not pass it on, so ask the service: streams have it, and nothing else has.
        using var direct = new WebCaller(server.Http);
        using var watched = await direct.CallAsync(WatchPageList, new WatchPageListRequest { MerchantId = "direct" });
        using var called = await direct.CallAsync(GetPageList, new GetPageListRequest { MerchantId = "direct" });
        Assert.Equal(["no"], watched.Http.Headers.GetValues(NoBuffering));
        Assert.False(called.Http.Headers.Contains(NoBuffering));
    }

    // Its files are in the folder of the test. One process: a worker of another user could not read the folder.
    private async Task<ChildProcess> StartAsync(int port)
    {
        await File.WriteAllTextAsync(folder.File("nginx.conf"), $$"""
            daemon off;
            master_process off;
            pid {{folder.File("nginx.pid")}};
            error_log stderr;
            events {}
            http {
                access_log off;
                client_body_temp_path {{folder.File("body")}};
                proxy_temp_path {{folder.File("proxy")}};
                fastcgi_temp_path {{folder.File("fastcgi")}};
                uwsgi_temp_path {{folder.File("uwsgi")}};
                scgi_temp_path {{folder.File("scgi")}};
                server {
                    listen 127.0.0.1:{{port}};
                    location / {
                        proxy_pass http://{{server.Http.Authority}};
                    }
                }
            }
            """);
        var process = ChildProcess.Start(Nginx, folder.Path, ["-c", folder.File("nginx.conf"), "-e", "stderr"]);
        await Eventually.TrueAsync(async () =>
        {
            Assert.False(process.HasEnded, process.Errors);
            using var socket = new TcpClient();
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        });
        return process;
    }
}
