using System.Collections.Concurrent;
using System.Net;
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

namespace ConnectionStateService.Tests.Rpc;

/// <summary>Whatever bytes a request has, over gRPC and gRPC-Web, the answer is not INTERNAL or UNKNOWN, and the service goes on.</summary>
public sealed class FuzzTests : IAsyncLifetime, IDisposable
{
    // 21 methods, each over both transports, with 2,500 requests for each: 105,000.
    private const int LongSeeds = 2_500;
    private const int UsualSeeds = 40;

    private static readonly byte[][] Samples = [.. SampleRequests.All.Select(sample => sample.ToByteArray())];

    private readonly FakeLogCollector log = new();
    private readonly ConcurrentDictionary<StatusCode, int> answers = new();
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
        var cases =
            from seed in Seeds.Of(LongRun.Of(LongSeeds, UsualSeeds))
            from method in RawCalls.Methods
            from contentType in (string[])["application/grpc", "application/grpc-web"]
            select (seed, method, contentType);

        await Parallel.ForEachAsync(cases, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (c, _) =>
        {
            // The hash of a string differs from run to run.
            var random = new Random(HashOf($"{c.seed} {c.method.FullName} {c.contentType}"));
            var sample = SampleRequests.All.Single(request => request.Descriptor == c.method.InputType).ToByteArray();
            var frame = Mutations.Frame(random, Mutations.Message(random, Samples, sample));
            var status = await SendAsync(c.contentType, c.method, frame);
            Assert.False(
                status is StatusCode.Internal or StatusCode.Unknown,
                $"{status}: {c.method.FullName} over {c.contentType}, {Seeds.Variable}={c.seed}: {Convert.ToHexString(frame)}");
            answers.AddOrUpdate(status, 1, (_, count) => count + 1);
        });

        Assert.DoesNotContain(log.GetSnapshot(), entry => entry.Level >= LogLevel.Error);
        await service.Client.Pages.GetPageListAsync(new() { MerchantId = "m" });
        if (!Seeds.IsSingle)
        {
            // Not everything is refused at the door.
            Assert.True(answers.GetValueOrDefault(StatusCode.OK) > 0, string.Join(", ", answers));
        }
    }

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
