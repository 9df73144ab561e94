using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using ConnectionStateService.Tests.Auth;
using ConnectionStateService.Tests.Support;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Xunit.Abstractions;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>Whatever bytes a request has, over gRPC and gRPC-Web, the answer is not INTERNAL or UNKNOWN, and the service goes on.</summary>
public sealed class FuzzTests(ITestOutputHelper output) : IAsyncLifetime, IDisposable
{
    // 21 methods, each over both transports, with 2,500 requests for each: 105,000.
    private const int LongSeeds = 2_500;
    private const int UsualSeeds = 40;

    private const double MinReached = 0.3;
    private const double MinAccepted = 0.2;

    // Statuses that a request gets only after it was read and found valid. Others may have them too: RESOURCE_EXHAUSTED is also a message that is too large.
    private static readonly StatusCode[] OnlyFromMethods =
        [StatusCode.OK, StatusCode.NotFound, StatusCode.FailedPrecondition, StatusCode.Aborted, StatusCode.AlreadyExists];

    private static readonly byte[][] Samples = [.. SampleRequests.All.Select(sample => sample.ToByteArray())];

    private readonly FakeLogCollector log = new();
    private readonly ConcurrentDictionary<(string Method, StatusCode Status), int> answers = new();
    private Service service = null!;
    private HttpClient http = null!;

    public async Task InitializeAsync()
    {
        // All requests are for few merchants, and the limits would answer instead of the methods.
        service = await Service.StartAsync(
            new() { ["Limits:CallsPerMerchant"] = "0" }, services => services.AddLogging(logging => logging.AddProvider(new FakeLoggerProvider(log))));
        http = service.NewHttpClient();
    }

    public Task DisposeAsync() => service.DisposeAsync().AsTask();

    public void Dispose() => http.Dispose();

    [Fact]
    public async Task Mutated_requests_are_answered_or_refused_and_never_fail()
    {
        await Parallel.ForEachAsync(Seeds.Of(LongRun.Of(LongSeeds, UsualSeeds)), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (seed, _) =>
        {
            var state = await FuzzState.CreateAsync(service.Client, MerchantOf(seed));
            foreach (var method in RawCalls.Methods)
            {
                foreach (var contentType in (string[])["application/grpc", "application/grpc-web"])
                {
                    // The hash of a string differs from run to run.
                    var random = new Random(HashOf($"{seed} {method.FullName} {contentType}"));
                    var requestId = contentType == "application/grpc" ? "grpc" : "web";
                    var sample = state.Adapt(SampleRequests.All.Single(request => request.Descriptor == method.InputType), requestId);
                    var frame = Mutations.Frame(random, Mutations.Request(random, Samples, sample));
                    var status = await SendAsync(contentType, method, frame);
                    Assert.False(
                        status is StatusCode.Internal or StatusCode.Unknown,
                        $"{status}: {method.FullName} over {contentType}, {Seeds.Variable}={seed}: {Convert.ToHexString(frame)}");
                    answers.AddOrUpdate((method.Name, status), 1, (_, count) => count + 1);
                }
            }
        });

        Assert.All(log.GetSnapshot(), entry => Assert.True(entry.Level < LogLevel.Error, $"{entry.Message} {entry.Exception}"));
        await service.Client.Pages.GetPageListAsync(new() { MerchantId = "m" });
        if (!Seeds.IsSingle)
        {
            AssertReached();
        }
    }

    // Most requests must be read and valid, and many must do what they ask for: what is refused at the door tests only the door.
    private void AssertReached()
    {
        var total = answers.Values.Sum();
        var reached = answers.Where(answer => OnlyFromMethods.Contains(answer.Key.Status)).Sum(answer => answer.Value);
        var accepted = answers.Where(answer => answer.Key.Status == StatusCode.OK).Sum(answer => answer.Value);
        var counts = string.Join(", ", answers.OrderBy(answer => answer.Key.Method, StringComparer.Ordinal));
        output.WriteLine($"{total} requests, {reached} past the validation, {accepted} accepted: {counts}");

        Assert.All(
            RawCalls.Methods,
            method => Assert.Contains(answers.Keys, answer => answer.Method == method.Name && OnlyFromMethods.Contains(answer.Status)));
        Assert.True(reached >= MinReached * total, $"Only {reached} of {total} got past the validation: {counts}");
        Assert.True(accepted >= MinAccepted * total, $"Only {accepted} of {total} were accepted: {counts}");
    }

    // So long that no mutation makes the id of another seed's merchant of it, which would then not be as that seed expects it.
    private static string MerchantOf(int seed) => $"m-{Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(seed)))[..32]}";

    private static int HashOf(string text) => text.Aggregate(17, (hash, character) => unchecked((hash * 31) + character));

    // The status is in the headers, in the trailers, or for gRPC-Web at the end of the body. A watch that is open has succeeded.
    private async Task<StatusCode> SendAsync(string contentType, MethodDescriptor method, byte[] frame)
    {
        using var call = new HttpRequestMessage(HttpMethod.Post, $"{method.Service.FullName}/{method.Name}")
        {
            Version = contentType == "application/grpc" ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame),
        };
        call.Content.Headers.ContentType = new(contentType);
        call.Headers.TE.Add(new("trailers"));
        using var response = await http.SendAsync(call, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        if (response.Headers.TryGetValues("grpc-status", out var inHeaders))
        {
            return Enum.Parse<StatusCode>(inHeaders.Single());
        }

        using var body = await response.Content.ReadAsStreamAsync();
        var bytes = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await body.ReadAsync(buffer) is > 0 and var read)
        {
            bytes.Write(buffer, 0, read);
            if (method.IsServerStreaming && !Encoding.ASCII.GetString(bytes.ToArray()).Contains("grpc-status", StringComparison.Ordinal))
            {
                return StatusCode.OK;
            }
        }

        var status = response.TrailingHeaders.TryGetValues("grpc-status", out var inTrailers)
            ? inTrailers.Single()
            : Regex.Match(Encoding.ASCII.GetString(bytes.ToArray()), @"grpc-status: ?(\d+)").Groups[1].Value;
        return Enum.Parse<StatusCode>(status);
    }
}
