using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ConnectionStateService.Benchmarks;

/// <summary>A gRPC server on the same framework that returns each request: the upper bound for the throughput benchmark.</summary>
internal sealed class EchoServer : Echo.EchoBase
{
    public static async Task<int> RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<EchoServer>();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, port => port.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.MapGrpcService<EchoServer>();
        app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"echo on {app.Urls.Single()}"));
        await app.RunAsync();
        return 0;
    }

    public override Task<EchoMessage> Say(EchoMessage request, ServerCallContext context) => Task.FromResult(request);
}
