using System.ComponentModel.DataAnnotations;
using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionStateService.Tests.Client;

public sealed class ConnectionStateClientTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private static readonly Uri Nowhere = new("http://127.0.0.1:1");

    [Fact]
    public async Task Failures_carry_reason_status_metadata_and_message()
    {
        var shop = fixture.Service.NewMerchant();
        await shop.SetPlanAsync(Plan.Trial);
        await shop.ConnectAsync(ApiMerchant.A);

        var failure = await Assert.ThrowsAsync<ConnectionStateException>(() => shop.BeginAsync(Provider.Zalo));

        Assert.Equal((ErrorReason.PageQuotaExceeded, StatusCode.ResourceExhausted), (failure.Reason, failure.StatusCode));
        Assert.Equal(new Dictionary<string, string> { ["used"] = "1", ["limit"] = "1" }, failure.Metadata);
        Assert.Contains("1 of 1", failure.Message, StringComparison.Ordinal);
        Assert.False(failure.IsTransient);
        Assert.IsType<RpcException>(failure.InnerException);
    }

    [Fact]
    public async Task Wrong_fields_are_told_one_by_one()
    {
        var failure = await Assert.ThrowsAsync<ConnectionStateException>(
            () => fixture.Service.Client.Pages.GetConnectionAsync(new() { MerchantId = "{}" }).ResponseAsync);

        Assert.Equal(["merchant_id", "page"], failure.Violations.Select(v => v.Field));
    }

    [Fact]
    public async Task A_service_that_cannot_be_reached_is_unavailable_without_a_reason()
    {
        using var client = new ConnectionStateClient(new() { Address = new("http://127.0.0.1:1"), MaxAttempts = 2 });

        var failure = await Assert.ThrowsAsync<ConnectionStateException>(
            () => client.Pages.GetPageListAsync(new() { MerchantId = "m" }).ResponseAsync);

        Assert.Equal((StatusCode.Unavailable, ErrorReason.Unspecified), (failure.StatusCode, failure.Reason));
        Assert.Contains("http://127.0.0.1:1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Trailers_that_somebody_else_wrote_are_no_reason()
    {
        var foreign = new RpcException(
            new Status(StatusCode.Unavailable, "a proxy"), new Metadata { { "grpc-status-details-bin", [0xFF, 0xFF, 0xFF] } });

        Assert.Equal(ErrorReason.Unspecified, ErrorDetails.ToException(foreign, Nowhere).Reason);
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Every_reason_of_the_service_is_read(ErrorReason reason)
    {
        var told = ConnectionStateService.Rpc.RpcErrors.ToWireName(reason);
        var status = new Google.Rpc.Status();
        status.Details.Add(Google.Protobuf.WellKnownTypes.Any.Pack(new Google.Rpc.ErrorInfo { Domain = "connectionstate", Reason = told }));
        var trailers = new Metadata { { "grpc-status-details-bin", Google.Protobuf.MessageExtensions.ToByteArray(status) } };

        Assert.Equal(reason, ErrorDetails.ToException(new RpcException(Status.DefaultCancelled, trailers), Nowhere).Reason);
    }

    public static TheoryData<ErrorReason> Reasons => [.. Enum.GetValues<ErrorReason>()];

    [Fact]
    public void Registration_gives_one_client_and_the_typed_clients_that_it_holds()
    {
        using var provider = new ServiceCollection()
            .AddConnectionStateClient(o => o.Address = new("http://127.0.0.1:5999"))
            .BuildServiceProvider();

        var client = provider.GetRequiredService<ConnectionStateClient>();
        Assert.Same(client.Connect, provider.GetRequiredService<ConnectService.ConnectServiceClient>());
        Assert.Same(client.Pages, provider.GetRequiredService<PageService.PageServiceClient>());
        Assert.Same(client.Signals, provider.GetRequiredService<SignalService.SignalServiceClient>());
        Assert.Same(client.Plans, provider.GetRequiredService<PlanService.PlanServiceClient>());
        Assert.Same(client.Watches, provider.GetRequiredService<WatchService.WatchServiceClient>());
        Assert.Same(client.Watcher, provider.GetRequiredService<PageListWatcher>());
        Assert.Same(provider.GetRequiredService<PageListCache>(), provider.GetRequiredService<PageListCache>());
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Assert.Throws<ValidationException>(() => new ConnectionStateClient(new() { MaxAttempts = 0 }));
        Assert.Throws<ValidationException>(() => new ConnectionStateClient(new() { Address = new("localhost:5081") }));
    }
}
