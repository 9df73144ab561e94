using ConnectionStateService.Tests.Support;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>The health and reflection services and the plain HTTP endpoints.</summary>
public sealed class StandardServicesTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    [Theory]
    [InlineData("")]
    [InlineData("connectionstate.v1.ConnectService")]
    [InlineData("connectionstate.v1.FeedService")]
    [InlineData("connectionstate.v1.FleetService")]
    [InlineData("connectionstate.v1.MerchantService")]
    [InlineData("connectionstate.v1.PageService")]
    [InlineData("connectionstate.v1.PlanService")]
    [InlineData("connectionstate.v1.SignalService")]
    [InlineData("connectionstate.v1.TokenService")]
    [InlineData("connectionstate.v1.WatchService")]
    public async Task Health_Check_answers_SERVING_for_the_server_and_each_service(string service)
    {
        using var channel = fixture.Service.NewChannel();

        var answer = await new Health.HealthClient(channel).CheckAsync(new() { Service = service });

        Assert.Equal(ServingStatus.Serving, answer.Status);
    }

    [Fact]
    public async Task Health_Check_of_an_unknown_service_fails_with_NOT_FOUND()
    {
        using var channel = fixture.Service.NewChannel();

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => new Health.HealthClient(channel).CheckAsync(new() { Service = "nobody" }).ResponseAsync);

        Assert.Equal(StatusCode.NotFound, failure.StatusCode);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("nobody", 3)]
    public async Task Health_Watch_sends_the_current_status_at_once(string service, int status)
    {
        using var channel = fixture.Service.NewChannel();
        using var watch = new Health.HealthClient(channel).Watch(new() { Service = service });

        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));

        Assert.Equal(status, (int)watch.ResponseStream.Current.Status);
    }

    [Theory]
    [InlineData("/", "<title>ConnectionState</title>")]
    [InlineData("/health/live", "live")]
    [InlineData("/health/ready", "ready")]
    public async Task The_HTTP_port_serves_the_console_and_the_health_endpoints(string path, string text)
    {
        using var http = fixture.Service.NewHttpClient();

        Assert.Contains(text, await http.GetStringAsync(new Uri(path, UriKind.Relative)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reflection_in_Development_lists_every_service_with_all_its_files()
    {
        await using var service = await Service.StartAsync(environment: "Development");

        var services = (await AskAsync(service, new() { ListServices = "*" })).ListServicesResponse.Service.Select(s => s.Name).ToList();
        Assert.Contains("connectionstate.v1.PageService", services);
        Assert.Contains("grpc.health.v1.Health", services);
        foreach (var name in services)
        {
            var files = (await AskAsync(service, new() { FileContainingSymbol = name })).FileDescriptorResponse.FileDescriptorProto
                .Select(FileDescriptorProto.Parser.ParseFrom).ToList();

            // A tool needs the imported files too.
            Assert.Empty(files.SelectMany(f => f.Dependency).Except(files.Select(f => f.Name)));
        }

        Assert.NotNull((await AskAsync(service, new() { FileByFilename = "connectionstate/v1/page.proto" })).FileDescriptorResponse);
        Assert.Equal(5, (await AskAsync(service, new() { FileContainingSymbol = "no.Such" })).ErrorResponse.ErrorCode);
    }

    [Fact]
    public async Task Reflection_is_not_available_in_Production()
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
