using System.Net;
using System.Text;
using ConnectionStateService.Tests.Support;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace ConnectionStateService.Tests.Rpc.Json;

/// <summary>Whatever a request in JSON has, the answer is a message or an error with a reason, and nothing is logged as an error.</summary>
public sealed class JsonFuzzTests : IAsyncLifetime, IDisposable
{
    private const int LongSeeds = 500;
    private const int UsualSeeds = 15;

    // Values at which parsers break.
    private static readonly string[] Splinters =
    [
        "null", "\"\"", "-1", "1e400", "9223372036854775808", "{", "}", "[", "]", ",", ":", "\"", "\\", "\\ud800", "\"\\udc00\"", "NaN", "\"Infinity\"", "true",
        "{\"@type\":\"x\"}", "\"2027-13-01T00:00:00Z\"", "\"9999999999999s\"", "\"PROVIDER_NONE\"", "7", "\0", "\u00ff", "[[[[[[[[[[", new('[', 200), "\"x\":1,", "[null]",
    ];

    private readonly FakeLogCollector log = new();
    private Service service = null!;
    private HttpClient http = null!;

    public async Task InitializeAsync()
    {
        service = await Service.StartAsync(
            new() { ["Limits:CallsPerMerchant"] = "0" }, services => services.AddLogging(logging => logging.AddProvider(new FakeLoggerProvider(log))));
        http = service.NewHttpClient();
    }

    public Task DisposeAsync() => service.DisposeAsync().AsTask();

    public void Dispose() => http.Dispose();

    [Fact]
    public async Task Changed_requests_are_answered_or_refused_with_a_reason()
    {
        var (answered, refused) = (0, 0);
        foreach (var seed in Seeds.Of(LongRun.IsOn ? LongSeeds : UsualSeeds))
        {
            var random = new Random(seed);
            foreach (var method in JsonCalls.Methods)
            {
                var (verb, path, body) = Change(random, method);
                var answer = await JsonCalls.SendAsync(http, verb, path, body);

                var what = $"{Seeds.Variable}={seed}: {verb} {path} {body}: {answer.Http} {answer.Body}";
                Assert.True((int)answer.Http < 500, what);
                if (answer.Http == HttpStatusCode.OK)
                {
                    answered++;
                    Assert.NotNull(JsonParser.Default.Parse(answer.Body, method.OutputType));
                }
                else
                {
                    refused++;
                    Assert.True(answer.Error.GetDetail<ErrorInfo>() is { Reason.Length: > 0 } || answer.Http == HttpStatusCode.NotFound, what);
                }
            }
        }

        Assert.DoesNotContain(log.GetSnapshot(), entry => entry.Level >= LogLevel.Error);
        Assert.InRange(refused, 10, int.MaxValue);
        Assert.True(Seeds.IsSingle || answered >= 10, $"Only {answered} were answered, {refused} refused.");
    }

    private static (string Verb, string Path, string? Body) Change(Random random, MethodDescriptor method)
    {
        var sample = SampleRequests.All.Single(request => request.Descriptor == method.InputType);
        using var call = JsonCalls.NewRequest(method, sample);
        var path = new StringBuilder(call.RequestUri!.OriginalString);
        var body = JsonCalls.RuleOf(method)!.Body.Length > 0 ? new StringBuilder(JsonFormatter.Default.Format(sample)) : null;
        for (var changes = random.Next(0, 4); changes > 0; changes--)
        {
            var splinter = Splinters[random.Next(Splinters.Length)];
            if (body is null || random.Next(6) == 0)
            {
                // Behind "/v1/", so that it stays a path of the API. Servers refuse paths with null characters themselves.
                path.Insert(random.Next(4, path.Length + 1), Uri.EscapeDataString(splinter.Replace("\0", "x", StringComparison.Ordinal)));
            }
            else
            {
                var at = random.Next(body.Length);
                body.Remove(at, Math.Min(random.Next(4), body.Length - at)).Insert(at, splinter);
            }
        }

        return (call.Method.Method, path.ToString(), body?.ToString());
    }
}
