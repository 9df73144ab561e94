using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>
/// Measures what authentication by key, the limits and telemetry cost: calls per second of processes with one of them and with all, beside those of
/// a process without any, and the processor time per call, on the embedded store.
/// </summary>
internal static class Overhead
{
    private static readonly string[] WithoutLimits =
    [
        "--Limits:CallsPerMerchant=0", "--Limits:ConcurrentCallsPerMerchant=0", "--Limits:ConcurrentCallsPerCaller=0", "--Limits:ConcurrentChanges=0",
        "--Limits:CommitLatency=0",
    ];

    public static async Task RunAsync(SectionRun run)
    {
        var folder = Directory.CreateTempSubdirectory("connectionstate-bench-");
        await using var collector = await StartCollectorAsync();
        var (key, keysFile) = WriteKeysFile(folder.FullName);
        string[] keys = ["--Auth:Mode=Keys", $"--Auth:KeysFile={keysFile}"];
        string[] telemetry = [$"--Telemetry:OtlpEndpoint={AddressOf(collector)}", "--Telemetry:OtlpProtocol=HttpProtobuf"];
        (string Name, string? Key, string[] Options)[] processes =
        [
            ("without", null, WithoutLimits),
            ("key", key, [.. keys, .. WithoutLimits]),
            ("limits", null, []),
            ("telemetry", null, [.. telemetry, .. WithoutLimits]),
            ("all", key, [.. keys, .. telemetry]),
        ];
        var work = new List<(ServerUnderTest Server, Work Work)>();
        var opened = new Stack<IDisposable>();
        try
        {
            foreach (var (name, sent, options) in processes)
            {
                var server = await run.StartServiceAsync(options);
                opened.Push(server);
                var client = new ConnectionStateClient(new() { Address = server.Address, ApiKey = sent });
                opened.Push(client);
                await Task.WhenAll(Enumerable.Range(0, ClosedLoop.Callers).Select(n => SeededMerchants.ConnectThreePagesAsync(client, $"merchant-{n}")));
                work.Add((server, new($"read-{name}", caller => ReadAsync(client, caller))));
                work.Add((server, new($"commit-{name}", caller => CommitAsync(client, caller))));
            }

            foreach (var (figure, rate) in await run.Pick(Rounds.Full, Rounds.Quick).MedianRatesAsync([.. work.Select(w => w.Work)]))
            {
                run.Record(figure, rate);
            }

            await ProcessorTime.MeasureAsync(
                run, [.. work.Select(w => (w.Work, (IReadOnlyList<(string, int)>)[("server", w.Server.ProcessId), ("client", Environment.ProcessId)]))]);
        }
        finally
        {
            while (opened.TryPop(out var open))
            {
                open.Dispose();
            }

            folder.Delete(recursive: true);
        }
    }

    private static Task<GetPageListResponse> ReadAsync(ConnectionStateClient client, int caller) =>
        client.Pages.GetPageListAsync(new() { MerchantId = $"merchant-{caller}" }).ResponseAsync;

    private static Task CommitAsync(ConnectionStateClient client, int caller) =>
        SeededMerchants.RenewAsync(client, $"merchant-{caller}", $"page-0-of-merchant-{caller}");

    private static (string Key, string Path) WriteKeysFile(string folder)
    {
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(secret)));
        string[] scopes = ["pages.read", "pages.write", "connect.write", "signals.write"];
        var path = Path.Combine(folder, "keys.json");
        File.WriteAllText(path, JsonSerializer.Serialize(new { keys = new[] { new { id = "benchmark", sha256, scopes } } }));
        return ($"cs_benchmark_{secret}", path);
    }

    // Takes what is sent, and keeps nothing.
    private static async Task<WebApplication> StartCollectorAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.MapPost("/{**path}", () => TypedResults.Ok());
        await app.StartAsync();
        return app;
    }

    private static string AddressOf(WebApplication app) => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
}
