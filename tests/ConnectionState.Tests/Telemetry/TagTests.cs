using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using ConnectionStateService.Telemetry;
using ConnectionStateService.Tests.Rpc;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionStateService.Tests.Telemetry;

/// <summary>No tag has a value that callers choose: each would become a series of its own.</summary>
public sealed class TagTests
{
    private static readonly PageRef Page = ApiMerchant.Facebook("page-of-tags");

    [Fact]
    public async Task Tags_are_those_of_the_list_and_their_values_are_names_of_the_API()
    {
        var recorded = new ConcurrentDictionary<(string Instrument, string Tag, string? Value), bool>();
        await using var service = await Service.StartAsync();
        var meters = service.Services.GetRequiredService<IMeterFactory>();
        using var listener = Listen(meters, recorded);

        await ExerciseAsync(service);

        var allowed = service.Services.GetRequiredService<Instruments>().Tags;
        Assert.Contains(recorded.Keys, r => r.Instrument == "connectionstate.transitions");
        Assert.All(recorded.Keys, r => Assert.Contains(r.Tag, allowed[r.Instrument]));

        // Names of methods, of enum values and of types. Everything that this test chose has a hyphen.
        Assert.All(recorded.Keys, r => Assert.Matches("^(connectionstate\\.v1\\.[A-Za-z]+/[A-Za-z]+|[A-Z_0-9]+|[A-Za-z]+Exception)$", r.Value));
    }

    [Fact]
    public async Task The_path_of_a_call_makes_no_new_values()
    {
        var recorded = new ConcurrentDictionary<(string Instrument, string Tag, string? Value), bool>();
        await using var service = await Service.StartAsync();
        using var listener = Listen(service.Services.GetRequiredService<IMeterFactory>(), recorded);
        using var http = service.NewHttpClient();
        using var call = new HttpRequestMessage(HttpMethod.Post, new Uri("/CONNECTIONSTATE.v1.pageservice/gETpAGElIST", UriKind.Relative))
        {
            Content = new ByteArrayContent([0, 0, 0, 0, 3, 10, 1, (byte)'m']) { Headers = { { "content-type", "application/grpc" } } },
            Version = new Version(2, 0),
        };

        (await http.SendAsync(call)).EnsureSuccessStatusCode();

        Assert.Equal(
            ["connectionstate.v1.PageService/GetPageList"],
            recorded.Keys.Where(r => r.Tag == "rpc.method").Select(r => r.Value).Distinct());
    }

    private static MeterListener Listen(
        IMeterFactory meters, ConcurrentDictionary<(string Instrument, string Tag, string? Value), bool> recorded)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, meters) && instrument.Meter.Name == Instruments.MeterName)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Record(instrument, tags));
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Record(instrument, tags));
        listener.Start();
        return listener;

        void Record(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (var (tag, value) in tags)
            {
                recorded[(instrument.Name, tag, value as string)] = true;
            }
        }
    }

    private static async Task ExerciseAsync(Service service)
    {
        var merchant = new ApiMerchant(service.Client, "merchant-of-tags");
        await merchant.ConnectAsync(Page);
        await merchant.ReportAsync(Page, Signal.PermissionRevoked);
        await merchant.ReportErrorAsync(Page, 190, message: "an-error-of-a-provider");
        await service.PassAsync(TimeSpan.FromDays(100));
        foreach (var request in SampleRequests.All)
        {
            try
            {
                await SampleRequests.SendAsync(service.Client, request);
            }
            catch (RpcException)
            {
                // Refusals are measured too.
            }
        }

        await Assert.ThrowsAsync<RpcException>(() => service.Client.Pages.GetPageListAsync(new() { MerchantId = "a-merchant with-a-space" }).ResponseAsync);
        service.Services.GetRequiredService<Instruments>().CountAuthenticationFailure("TOKEN_EXPIRED");
    }
}
