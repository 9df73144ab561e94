using ConnectionStateService.Rpc.Standard;
using ConnectionStateService.Tests.Support;
using Google.Protobuf.Reflection;
using Grpc.Core;
using static ConnectionStateService.Rpc.Standard.HealthCheckResponse.Types;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>Health, reflection and the plain HTTP endpoints.</summary>
public sealed class StandardServicesTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    [Theory]
    [InlineData("")]
    [InlineData("connectionstate.v1.ConnectService")]
    [InlineData("connectionstate.v1.SignalService")]
    public async Task A_service_that_serves_is_healthy(string service)
    {
        using var channel = fixture.Service.NewChannel();

        var answer = await new Health.HealthClient(channel).CheckAsync(new() { Service = service });

        Assert.Equal(ServingStatus.Serving, answer.Status);
    }

    [Fact]
    public async Task The_health_of_an_unknown_service_is_not_found()
    {
        using var channel = fixture.Service.NewChannel();

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => new Health.HealthClient(channel).CheckAsync(new() { Service = "nobody" }).ResponseAsync);

        Assert.Equal(StatusCode.NotFound, failure.StatusCode);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("nobody", 3)]
    public async Task A_watch_of_health_answers_at_once(string service, int status)
    {
        using var channel = fixture.Service.NewChannel();
        using var watch = new Health.HealthClient(channel).Watch(new() { Service = service });

        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));

        Assert.Equal(status, (int)watch.ResponseStream.Current.Status);
    }

    [Fact]
    public async Task Without_its_store_the_service_is_neither_healthy_nor_ready()
    {
        await using var service = await Service.StartAsync();
        using var channel = service.NewChannel();
        using var http = service.NewHttpClient();
        await ((IAsyncDisposable)service.Store).DisposeAsync();

        Assert.Equal(ServingStatus.NotServing, (await new Health.HealthClient(channel).CheckAsync(new())).Status);
        Assert.Equal(503, (int)(await http.GetAsync(new Uri("/health/ready", UriKind.Relative))).StatusCode);
        Assert.Equal(200, (int)(await http.GetAsync(new Uri("/health/live", UriKind.Relative))).StatusCode);
    }

    [Theory]
    [InlineData("/", "<title>ConnectionState</title>")]
    [InlineData("/health/live", "live")]
    [InlineData("/health/ready", "ready")]
    public async Task People_and_probes_are_answered(string path, string text)
    {
        using var http = fixture.Service.NewHttpClient();

        Assert.Contains(text, await http.GetStringAsync(new Uri(path, UriKind.Relative)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_development_tools_can_learn_the_whole_API()
    {
        await using var service = await Service.StartAsync(environment: "Development");

        var services = (await AskAsync(service, new() { ListServices = "*" })).ListServicesResponse.Service.Select(s => s.Name).ToList();
        Assert.Contains("connectionstate.v1.PageService", services);
        Assert.Contains("grpc.health.v1.Health", services);
        foreach (var name in services)
        {
            var files = (await AskAsync(service, new() { FileContainingSymbol = name })).FileDescriptorResponse.FileDescriptorProto
                .Select(FileDescriptorProto.Parser.ParseFrom).ToList();

            // A tool can build the file only if all that it imports has come too.
            Assert.Empty(files.SelectMany(f => f.Dependency).Except(files.Select(f => f.Name)));
        }

        Assert.NotNull((await AskAsync(service, new() { FileByFilename = "connectionstate/v1/page.proto" })).FileDescriptorResponse);
        Assert.Equal(5, (await AskAsync(service, new() { FileContainingSymbol = "no.Such" })).ErrorResponse.ErrorCode);
    }

    [Fact]
    public async Task In_production_there_is_no_reflection()
    {
        var failure = await Assert.ThrowsAsync<RpcException>(() => AskAsync(fixture.Service, new() { ListServices = "*" }));

        Assert.Equal(StatusCode.Unimplemented, failure.StatusCode);
    }

    private static async Task<ServerReflectionResponse> AskAsync(Service service, ServerReflectionRequest request)
    {
        using var channel = service.NewChannel();
        using var call = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(request);
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        await call.RequestStream.CompleteAsync();
        return call.ResponseStream.Current;
    }
}
