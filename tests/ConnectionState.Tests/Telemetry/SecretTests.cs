using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ConnectionStateService.Auth;
using ConnectionStateService.Client;
using ConnectionStateService.Hosting;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Auth;
using ConnectionStateService.Tests.Rpc;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace ConnectionStateService.Tests.Telemetry;

/// <summary>Credentials that callers send, on purpose or by mistake, are nowhere in what the service writes, at the most verbose level.</summary>
public sealed class SecretTests
{
    // Every secret contains it.
    private const string Marker = "c4n4ry53cr3t";
    private const string InvalidToken = $"eyJhbGciOiJFUzI1NiJ9.{Marker}.c2lnbmF0dXJl";
    private const string KeySecret = $"{Marker}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    private const string Key = $"cs_all_{KeySecret}";
    private const string ProviderMessage = $"Error validating access token EAAB{Marker}ZD: the session has been invalidated. app_secret={Marker}";

    [Fact]
    public async Task No_secret_is_in_logs_traces_metrics_or_errors_whatever_method_gets_it_and_however_it_ends()
    {
        InterceptedStore store = null!;
        using var folder = new TemporaryFolder();
        using var log = new EverythingLog();
        await using var collector = await OtlpReceiver.StartAsync();
        await using var service = await Service.StartAsync(
            new()
            {
                ["Auth:Mode"] = "Keys,Jwt",
                ["Auth:KeysFile"] = folder.Write("keys.json", NewKeyFile()),
                ["Auth:Jwt:PublicKeyFile"] = folder.Write("authority.pem", Tokens.PublicKey),
                ["Auth:Jwt:Issuers:0"] = Tokens.Issuer,
                ["Auth:Jwt:Audiences:0"] = Tokens.Audience,
                ["Auth:MerchantTokens:SealingKeyFile"] = folder.Write("sealing.key", Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))),
                ["Telemetry:OtlpEndpoint"] = collector.HttpAddress,
                ["Telemetry:OtlpProtocol"] = "HttpProtobuf",
                ["Telemetry:TraceRatio"] = "1",
                ["Telemetry:Prometheus"] = "true",
                ["Logging:LogLevel:Default"] = "Trace",
                ["Logging:LogLevel:Microsoft"] = "Trace",
                ["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "Trace",
                ["Logging:LogLevel:Grpc"] = "Trace",
            },
            services =>
            {
                services.AddLogging(logging => logging.AddProvider(log));
                services.AddInterceptedStore(created => store = created);
            },
            environment: "Development",
            listens: true);
        var addresses = service.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        var errors = new List<string>();
        var issued = new List<string>();

        var jwt = new Tokens(service.Clock.GetUtcNow).New(string.Join(' ', ScopeNames.All));
        using var client = NewClient(addresses[0], Key);
        using var byToken = NewClient(addresses[0], jwt);
        await SendAllAsync(client, errors, issued);
        await SendAllAsync(byToken, errors, issued);
        store.Before = _ => throw new StoreUnavailableException("an outage");
        await SendAllAsync(client, errors, issued);
        store.Before = _ => throw new InvalidOperationException("a bug");
        await SendAllAsync(client, errors, issued);
        store.Before = _ => Task.CompletedTask;
        Assert.NotEmpty(issued);

        // Those that were issued before are revoked.
        var merchantToken = (await client.Tokens.IssueMerchantTokenAsync(new() { MerchantId = "m", Actor = "a", Preset = TokenPreset.Screen })).Token;
        issued.Add(merchantToken);
        foreach (var refused in (string[])[InvalidToken, Key + Marker, Tokens.Altered(jwt), merchantToken[..^4] + "AAAA"])
        {
            using var refusedClient = NewClient(addresses[0], refused);
            var before = errors.Count;
            await SendAllAsync(refusedClient, errors, issued);
            Assert.Equal(before + SampleRequests.All.Count, errors.Count);
        }

        using var byMerchantToken = NewClient(addresses[0], merchantToken);
        await SendAllAsync(byMerchantToken, errors, issued);
        await SendOverHttpAsync(addresses[1], Key, errors);
        await SendOverHttpAsync(addresses[1], InvalidToken, errors);

        // Otherwise nothing would have been searched.
        Assert.Contains(errors, error => error.Contains("TOKEN_INVALID", StringComparison.Ordinal));
        Assert.Contains("connectionstate.v1.SignalService/ReportProviderError", log.Text, StringComparison.Ordinal);
        Assert.Contains("a bug", log.Text, StringComparison.Ordinal);
        Assert.True(errors.Count > SampleRequests.All.Count);
        await Eventually.TrueAsync(() =>
        {
            service.Services.GetRequiredService<MeterProvider>().ForceFlush();
            service.Services.GetRequiredService<TracerProvider>().ForceFlush();
            service.Services.GetRequiredService<LoggerProvider>().ForceFlush();
            return Task.FromResult(collector.Spans.Any() && collector.Metrics.Any() && collector.Logs.Any());
        });
        Assert.All((string[])[log.Text, collector.Text, string.Join('\n', errors)], written =>
        {
            AssertNoSecret(written, Marker);
            Assert.All([.. issued, jwt], token => AssertNoSecret(written, token.Split('.')[2]));
        });
    }

    [Theory]
    [InlineData($"redis-1:6379,passwrd={Marker}")]
    [InlineData($"password={Marker}")]
    [InlineData($"redis-1:6379,user=cs,password={Marker},ssl=maybe")]
    public async Task An_invalid_connection_string_is_reported_without_its_password(string configuration)
    {
        var error = await Record.ExceptionAsync(async () =>
        {
            await using var service = await Service.StartAsync(new()
            {
                ["Store:Kind"] = "Redis",
                ["Store:Redis:Configuration"] = configuration,
                ["Telemetry:OtlpEndpoint"] = $"ftp://{Marker}",
            });
        });

        var lines = StartupErrors.Describe(error)!;
        Assert.Contains(lines, line => line.StartsWith("Store:Redis:Configuration", StringComparison.Ordinal));
        AssertNoSecret(string.Join('\n', lines.Where(line => line.StartsWith("Store", StringComparison.Ordinal))), Marker);
    }

    private static string NewKeyFile() => JsonSerializer.Serialize(new
    {
        keys = new[] { new { id = "all", sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(KeySecret))), scopes = ScopeNames.All } },
    });

    private static void AssertNoSecret(string written, string secret)
    {
        var at = written.IndexOf(secret, StringComparison.OrdinalIgnoreCase);
        Assert.True(at < 0, at < 0 ? "" : $"A secret was written: …{written[Math.Max(0, at - 300)..Math.Min(written.Length, at + 60)]}…");
    }

    private static ConnectionStateClient NewClient(string address, string token) => new(
        new ConnectionStateClientOptions { Address = new Uri(address), MaxAttempts = 1, Deadline = Eventually.Patience },
        channel =>
        {
            channel.HttpHandler = new WithSecrets(token) { InnerHandler = new SocketsHttpHandler() };
            channel.DisposeHttpClient = true;
        });

    private static async Task SendAllAsync(ConnectionStateClient client, List<string> errors, List<string> issued)
    {
        foreach (var sample in SampleRequests.All)
        {
            var request = sample is ReportProviderErrorRequest error ? new ReportProviderErrorRequest(error) { Message = ProviderMessage } : sample;
            try
            {
                var response = await SampleRequests.SendAsync(client, request);
                issued.AddRange(TokensIn(response));
            }
            catch (RpcException e)
            {
                errors.Add($"{e} {string.Join(' ', e.Trailers.Select(t => t.IsBinary ? Encoding.UTF8.GetString(t.ValueBytes) : t.Value))}");
            }
        }
    }

    // What the service itself issues is as secret. A resume token grants nothing.
    private static IEnumerable<string> TokensIn(IMessage response) => response.Descriptor.Fields.InDeclarationOrder()
        .Where(field => field.Name == "token").Select(field => (string)field.Accessor.GetValue(response)).Where(token => token.Length > 0);

    // gRPC-Web, bodies that are no messages, messages that are invalid, and the other endpoints of the port.
    private static async Task SendOverHttpAsync(string address, string token, List<string> errors)
    {
        using var http = new HttpClient(new WithSecrets(token) { InnerHandler = new SocketsHttpHandler() }) { BaseAddress = new Uri(address) };
        string[] services = ["ConnectService/Grant", "PageService/GetPageList", "SignalService/ReportProviderError", "WatchService/WatchPageList", "No/Method"];
        foreach (var method in services)
        {
            foreach (var body in (byte[][])[Encoding.UTF8.GetBytes(ProviderMessage), Frame(new ReportProviderErrorRequest { Message = ProviderMessage })])
            {
                using var content = new ByteArrayContent(body);
                content.Headers.ContentType = new("application/grpc-web+proto");
                using var response = await http.PostAsync(new Uri($"/connectionstate.v1.{method}", UriKind.Relative), content);
                errors.Add($"{response} {await response.Content.ReadAsStringAsync()}");
            }
        }

        foreach (var path in (string[])["/", "/health/ready", "/metrics", "/no-such-page"])
        {
            using var response = await http.GetAsync(new Uri(path, UriKind.Relative));
            errors.Add($"{response} {await response.Content.ReadAsStringAsync()}");
        }
    }

    private static byte[] Frame(IMessage message)
    {
        var bytes = message.ToByteArray();
        return [0, 0, 0, (byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes];
    }

    /// <summary>Sends credentials with every request.</summary>
    private sealed class WithSecrets(string token) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.TryAddWithoutValidation("authorization", $"Bearer {token}");
            request.Headers.TryAddWithoutValidation("cookie", $"session={Marker}");
            request.Headers.TryAddWithoutValidation("x-api-key", Marker);
            request.Headers.TryAddWithoutValidation("baggage", $"token={Marker}");
            return base.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>Keeps everything that is logged, with exceptions and scopes.</summary>
    private sealed class EverythingLog : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> lines = [];

        public string Text => string.Join('\n', lines);

        public ILogger CreateLogger(string categoryName) => this;

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull
        {
            lines.Enqueue(Describe(state));
            return null;
        }

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{formatter(state, exception)} {Describe(state)} {exception}");

        public void Dispose()
        {
        }

        private static string Describe(object? state) =>
            state is IEnumerable<KeyValuePair<string, object?>> values ? string.Join(' ', values.Select(v => $"{v.Key}={v.Value}")) : $"{state}";
    }
}
