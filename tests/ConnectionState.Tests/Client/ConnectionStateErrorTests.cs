using ConnectionStateService.Client;
using ConnectionStateService.Client.Testing;
using ConnectionStateService.Limits;
using ConnectionStateService.Rpc;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;
using Grpc.Core;
using Fault = ConnectionStateService.Core.Fault;

namespace ConnectionStateService.Tests.Client;

public sealed class ConnectionStateErrorTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    [Fact]
    public async Task An_RpcException_of_the_server_has_reason_metadata_and_message()
    {
        var shop = fixture.Service.NewMerchant();
        await shop.SetPlanAsync(Plan.Trial);
        await shop.ConnectAsync(ApiMerchant.A);

        var failure = await Assert.ThrowsAsync<RpcException>(() => shop.BeginAsync(Provider.Zalo));

        var error = failure.GetConnectionStateError();
        Assert.Equal((ErrorReason.PageQuotaExceeded, StatusCode.ResourceExhausted), (error.Reason, error.StatusCode));
        Assert.Equal(new Dictionary<string, string> { ["used"] = "1", ["limit"] = "1", ["sessions"] = "" }, error.Metadata);
        Assert.Contains("1 of 1", error.Message, StringComparison.Ordinal);
        Assert.Contains("1 of 1", failure.Message, StringComparison.Ordinal);
        Assert.Matches("^[0-9a-f]{32}$", error.RequestId);
        Assert.False(error.IsTransient);
    }

    [Fact]
    public void A_call_that_was_refused_with_a_delay_may_succeed_later()
    {
        RpcException[] refused =
        [
            RpcErrors.ToException(new Fault.MerchantBusy(1_000)),
            RpcErrors.ToException(new LimitFault.RateLimitExceeded(LimitScope.Merchant, 2_000, TimeSpan.FromSeconds(1))),
            RpcErrors.ToException(new WatchFault.LimitExceeded(WatchLimitScope.Merchant, 50, TimeSpan.FromSeconds(5))),
        ];

        Assert.All(refused, failure =>
        {
            var error = failure.GetConnectionStateError();
            Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
            Assert.InRange(error.RetryDelay!.Value, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(5));
            Assert.True(error.IsTransient);
        });
    }

    [Fact]
    public async Task Violations_name_every_rejected_field()
    {
        var failure = await Assert.ThrowsAsync<RpcException>(
            () => fixture.Service.Client.Pages.GetConnectionAsync(new() { MerchantId = "{}" }).ResponseAsync);

        Assert.Equal(["merchant_id", "page"], failure.GetConnectionStateError().Violations.Select(v => v.Field));
    }

    [Fact]
    public void A_trailer_that_cannot_be_parsed_is_ignored()
    {
        var foreign = new RpcException(
            new Status(StatusCode.Unavailable, "a proxy"), new Metadata { { "grpc-status-details-bin", [0xFF, 0xFF, 0xFF] } });

        var error = foreign.GetConnectionStateError();

        Assert.Equal((StatusCode.Unavailable, ErrorReason.Unspecified, "a proxy"), (error.StatusCode, error.Reason, error.Message));
    }

    [Theory]
    [InlineData(StatusCode.Unavailable, true)]
    [InlineData(StatusCode.Aborted, true)]
    [InlineData(StatusCode.DeadlineExceeded, true)]
    [InlineData(StatusCode.Internal, false)]
    [InlineData(StatusCode.FailedPrecondition, false)]
    public void IsTransient_is_true_for_what_may_succeed_later(StatusCode status, bool expected) =>
        Assert.Equal(expected, new RpcException(new Status(status, "")).GetConnectionStateError().IsTransient);

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Every_reason_of_the_server_is_read(ErrorReason reason)
    {
        var status = new Google.Rpc.Status();
        status.Details.Add(Google.Protobuf.WellKnownTypes.Any.Pack(
            new Google.Rpc.ErrorInfo { Domain = "connectionstate", Reason = RpcErrors.ToWireName(reason) }));
        var trailers = new Metadata { { "grpc-status-details-bin", Google.Protobuf.MessageExtensions.ToByteArray(status) } };

        Assert.Equal(reason, new RpcException(Status.DefaultCancelled, trailers).GetConnectionStateError().Reason);
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Every_reason_can_be_faked(ErrorReason reason)
    {
        var metadata = new Dictionary<string, string> { ["used"] = "3" };

        var error = FakeErrors.Create(reason, StatusCode.Aborted, "why", metadata, TimeSpan.FromSeconds(2)).GetConnectionStateError();

        Assert.Equal((reason, StatusCode.Aborted, "why", TimeSpan.FromSeconds(2)), (error.Reason, error.StatusCode, error.Message, error.RetryDelay));
        Assert.Equal(metadata, error.Metadata);
    }

    public static TheoryData<ErrorReason> Reasons => [.. Enum.GetValues<ErrorReason>()];
}
