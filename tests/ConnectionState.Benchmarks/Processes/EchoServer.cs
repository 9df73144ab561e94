using System.Net;
using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ConnectionStateService.Benchmarks.Processes;

/// <summary>
/// A process with a bare gRPC server on the same framework: the upper bound of the throughput benchmarks. It returns each request, and
/// answers <c>GetPageList</c> with one reply that never changes.
/// </summary>
internal sealed class EchoServer : IDisposable
{
    /// <summary>The argument of the program that makes it this server.</summary>
    public const string Argument = "echo-server";

    private readonly ChildProcess process;

    private EchoServer(ChildProcess process, Uri address) => (this.process, Address) = (process, address);

    public Uri Address { get; }

    public int ProcessId => process.Id;

    /// <param name="pageList">The reply to <c>GetPageList</c>.</param>
    public static async Task<EchoServer> StartAsync(GetPageListResponse pageList)
    {
        var (process, ready) = await ChildProcess.StartAsync(
            "dotnet",
            [typeof(EchoServer).Assembly.Location, Argument, Convert.ToBase64String(pageList.ToByteArray())],
            Path.GetTempPath(),
            @"echo on (http://\S+)");
        return new EchoServer(process, new Uri(ready.Groups[1].Value));
    }

    /// <summary>Creates a channel with the settings and the interceptor of <see cref="ConnectionStateClient"/>.</summary>
    public (GrpcChannel Channel, Echo.EchoClient Client) CreateClientLikeOurs()
    {
        var options = new ConnectionStateClientOptions { Address = Address };
        var settings = new GrpcChannelOptions { HttpHandler = ChannelDefaults.CreateHandler(), DisposeHttpClient = true };
        ChannelDefaults.Apply(settings, options);
        settings.ServiceConfig!.MethodConfigs[0].Names.Add(new() { Service = Echo.Descriptor.FullName });
        var channel = GrpcChannel.ForAddress(Address, settings);
        var invoker = channel.Intercept(new CallInterceptor(options, TimeProvider.System, NullLogger.Instance));
        return (channel, new Echo.EchoClient(invoker));
    }

    public void Dispose() => process.Dispose();

    /// <summary>Runs the server in this process.</summary>
    /// <param name="pageList">The reply to <c>GetPageList</c>, in Base64.</param>
    public static async Task RunAsync(string pageList)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<EchoRpc>();
        builder.Services.AddSingleton(new FixedPageListRpc(GetPageListResponse.Parser.ParseFrom(Convert.FromBase64String(pageList))));
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, port => port.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.MapGrpcService<EchoRpc>();
        app.MapGrpcService<FixedPageListRpc>();
        app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"echo on {app.Urls.Single()}"));
        await app.RunAsync();
    }

    private sealed class EchoRpc : Echo.EchoBase
    {
        public override Task<EchoMessage> Say(EchoMessage request, ServerCallContext context) => Task.FromResult(request);
    }

    private sealed class FixedPageListRpc(GetPageListResponse response) : PageService.PageServiceBase
    {
        public override Task<GetPageListResponse> GetPageList(GetPageListRequest request, ServerCallContext context) => Task.FromResult(response);
    }
}
