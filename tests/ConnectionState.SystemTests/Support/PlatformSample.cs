using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>The sample Platform as a process, with a server with authentication that its pages may call.</summary>
internal sealed class PlatformSample : IAsyncDisposable
{
    private readonly ChildProcess process;

    private PlatformSample(string origin, ServerProcess server, ChildProcess process) => (Origin, Server, this.process) = (origin, server, process);

    public string Origin { get; }

    public ServerProcess Server { get; }

    public static async Task<PlatformSample> StartAsync(TemporaryFolder folder, AuthFiles auth)
    {
        var origin = $"http://127.0.0.1:{FreePort.Find()}";
        var server = await ServerProcess.StartAsync(folder.File("cs.db"), [.. auth.Arguments, $"--Listen:AllowedOrigins:0={origin}"]);
        var process = ChildProcess.Start(
            "dotnet",
            Repository.PathOf("samples/Platform"),
            [
                ChildProcess.Built("samples/Platform"), $"--Urls={origin}", $"--ConnectionState:Address={server.Grpc}",
                $"--Page:ConnectionStateUrl={server.Http.GetLeftPart(UriPartial.Authority)}",
            ],
            new Dictionary<string, string> { ["ConnectionState__ApiKey"] = auth.Key });
        using var browser = new HttpClient { BaseAddress = new(origin) };
        await Eventually.TrueAsync(() => AnswersAsync(browser));
        return new PlatformSample(origin, server, process);
    }

    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        await Server.DisposeAsync();
    }

    private static async Task<bool> AnswersAsync(HttpClient browser)
    {
        try
        {
            using var answer = await browser.GetAsync(new Uri("/settings", UriKind.Relative));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
