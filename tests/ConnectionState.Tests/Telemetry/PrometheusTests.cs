using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Tests.Telemetry;

/// <summary>What Prometheus scrapes.</summary>
public sealed class PrometheusTests
{
    [Fact]
    public async Task Prometheus_scrapes_the_HTTP_port_under_the_names_that_dashboard_and_alerts_use()
    {
        await using var service = await Service.StartAsync(new() { ["Telemetry:Prometheus"] = "true" });
        using var watch = service.Client.Watches.WatchPageList(new WatchPageListRequest { MerchantId = "shop-1" });
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        await service.NewMerchant().ConnectAsync(ApiMerchant.A);
        await service.Client.Plans.SetPlanAsync(new() { MerchantId = "shop-1", Plan = Plan.Standard });
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        await Assert.ThrowsAsync<RpcException>(() => service.Client.Pages.GetPageListAsync(new()).ResponseAsync);
        using var http = service.NewHttpClient();
        var scraped = "";

        // The last delivery is recorded right after the message is sent.
        await Eventually.TrueAsync(async () =>
        {
            scraped = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
            return scraped.Contains("connectionstate_watch_delivery_delay_seconds_bucket", StringComparison.Ordinal);
        });

        var series = PrometheusNames.ParseSeries(scraped);
        string[] recorded =
        [
            "connectionstate.call.duration", "connectionstate.refusals", "connectionstate.transitions", "connectionstate.commits",
            "connectionstate.commit.duration", "connectionstate.watch.open", "connectionstate.watch.delivery.delay",
        ];
        foreach (var instrument in recorded)
        {
            foreach (var (name, labels) in PrometheusNames.Of(instrument))
            {
                Assert.True(series.TryGetValue(name, out var found), $"{name} is not in the scrape:\n{scraped}");
                Assert.Equal(labels.Order(), found!.Where(label => !label.StartsWith("otel_scope", StringComparison.Ordinal)).Order());
            }
        }

        Assert.Contains("le=\"0.05\"", scraped, StringComparison.Ordinal);
    }
}
