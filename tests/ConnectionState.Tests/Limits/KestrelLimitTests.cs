using ConnectionStateService.Tests.Support;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.Limits;

public sealed class KestrelLimitTests
{
    [Fact]
    public async Task The_limits_of_Kestrel_are_those_of_the_docs()
    {
        await using var service = await Service.StartAsync(listens: true);
        var limits = service.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;
        var docs = Repository.Read("docs/limits.md");

        string[] rows =
        [
            $"| `RequestHeadersTimeout` | {limits.RequestHeadersTimeout.TotalSeconds} seconds |",
            $"| `KeepAliveTimeout` | {limits.KeepAliveTimeout.TotalSeconds} seconds |",
            $"| `MinRequestBodyDataRate` | {limits.MinRequestBodyDataRate!.BytesPerSecond} bytes per second after {limits.MinRequestBodyDataRate.GracePeriod.TotalSeconds} seconds |",
            $"| `Http2.MaxStreamsPerConnection` | {limits.Http2.MaxStreamsPerConnection:N0} |",
            $"| `Http2.MaxFrameSize` | {limits.Http2.MaxFrameSize >> 10} KiB |",
            $"| `Http2.InitialConnectionWindowSize` | {limits.Http2.InitialConnectionWindowSize >> 10} KiB |",
            $"| `Http2.KeepAlivePingDelay`, `KeepAlivePingTimeout` | {limits.Http2.KeepAlivePingDelay.TotalSeconds} and {limits.Http2.KeepAlivePingTimeout.TotalSeconds} seconds |",
            $"| `Http2.MaxRequestHeaderFieldSize`, `MaxRequestHeadersTotalSize` | {limits.Http2.MaxRequestHeaderFieldSize >> 10} KiB |",
            $"| `MaxRequestHeaderCount` | {limits.MaxRequestHeaderCount:N0} |",
        ];
        Assert.All(rows, row => Assert.Contains(row, docs, StringComparison.Ordinal));
    }
}
