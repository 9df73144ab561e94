using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Tests.Client;

public sealed class CallInterceptorTests
{
    private static readonly DisconnectRequest Request = new() { MerchantId = "m", Page = new() { PageId = "p" } };
    private static readonly DisconnectResponse Response = new();

    private readonly ConnectionStateClientOptions options = new();

    [Fact]
    public async Task A_request_without_an_id_gets_one_and_the_callers_message_is_not_changed()
    {
        var network = new ScriptedInvoker(Response);

        await Client(network).DisconnectAsync(Request);
        await Client(network).DisconnectAsync(Request);

        var ids = network.Requests.Cast<DisconnectRequest>().Select(r => r.RequestId).ToList();
        Assert.All(ids, id => Assert.Matches("^[0-9a-f]{32}$", id));
        Assert.Equal(2, ids.Distinct().Count());
        Assert.Empty(Request.RequestId);
    }

    [Fact]
    public async Task A_request_id_of_the_caller_is_kept()
    {
        var network = new ScriptedInvoker(Response);

        await Client(network).DisconnectAsync(new(Request) { RequestId = "mine" });

        Assert.Equal("mine", ((DisconnectRequest)Assert.Single(network.Requests)).RequestId);
    }

    [Fact]
    public async Task The_actor_of_the_options_is_used_where_a_request_has_none()
    {
        options.Actor = "billing";
        var network = new ScriptedInvoker(Response);

        await Client(network).DisconnectAsync(Request);
        await Client(network).DisconnectAsync(new(Request) { Actor = "support" });

        Assert.Equal(["billing", "support"], network.Requests.Cast<DisconnectRequest>().Select(r => r.Actor));
    }

    [Fact]
    public async Task A_request_without_a_field_for_an_id_gets_the_actor()
    {
        options.Actor = "sender";
        var network = new ScriptedInvoker(new ReportSuccessResponse());

        await new ConnectionStateClient(network, options).Signals.ReportSuccessAsync(new());

        Assert.Equal("sender", ((ReportSuccessRequest)Assert.Single(network.Requests)).Actor);
    }

    [Fact]
    public async Task Each_report_without_a_request_id_gets_one_and_the_message_of_the_caller_is_not_changed()
    {
        var network = new ScriptedInvoker(new ReportSignalsResponse());
        var request = new ReportSignalsRequest { Reports = { new SignalReport(), new SignalReport { RequestId = "mine" }, new SignalReport() } };

        await new ConnectionStateClient(network, options).Signals.ReportSignalsAsync(request);

        var sent = ((ReportSignalsRequest)Assert.Single(network.Requests)).Reports.Select(report => report.RequestId).ToList();
        Assert.Equal("mine", sent[1]);
        Assert.Equal(3, sent.Where(id => id.Length > 0).Distinct().Count());
        Assert.Equal(["", "mine", ""], request.Reports.Select(report => report.RequestId));
    }

    [Fact]
    public void Every_request_that_has_an_actor_has_a_request_id_except_those_with_several_reports()
    {
        Google.Protobuf.Reflection.FileDescriptor[] files =
        [
            ConnectServiceReflection.Descriptor, PageServiceReflection.Descriptor, SignalServiceReflection.Descriptor, PlanServiceReflection.Descriptor,
            MerchantServiceReflection.Descriptor,
        ];
        var requests = files.SelectMany(file => file.Services).SelectMany(service => service.Methods).Select(method => method.InputType)
            .Where(type => type.FindFieldByName("actor") is not null).ToList();

        Assert.Contains(ReconnectRequest.Descriptor, requests);
        Assert.Equal([ReportSignalsRequest.Descriptor, ReportSuccessRequest.Descriptor], requests.Where(type => type.FindFieldByName("request_id") is null));
    }

    [Fact]
    public async Task A_call_without_a_deadline_gets_the_one_of_the_options()
    {
        var network = new ScriptedInvoker(Response);
        var before = DateTime.UtcNow;

        await Client(network).DisconnectAsync(Request);

        Assert.InRange(Assert.Single(network.Options).Deadline!.Value, before + options.Deadline, DateTime.UtcNow + options.Deadline);
    }

    [Fact]
    public async Task A_deadline_of_the_caller_is_kept()
    {
        var network = new ScriptedInvoker(Response);
        var deadline = DateTime.UtcNow.AddMinutes(7);

        await Client(network).DisconnectAsync(Request, deadline: deadline);

        Assert.Equal(deadline, Assert.Single(network.Options).Deadline);
    }

    [Fact]
    public async Task A_failed_call_throws_an_RpcException_with_the_request_id_that_was_sent()
    {
        var network = new ScriptedInvoker(Failure(StatusCode.Internal));

        var failure = await Assert.ThrowsAsync<RpcException>(() => Client(network).DisconnectAsync(Request).ResponseAsync);

        Assert.Equal(StatusCode.Internal, failure.StatusCode);
        Assert.Equal(((DisconnectRequest)network.Requests[0]).RequestId, failure.GetConnectionStateError().RequestId);
    }

    [Fact]
    public void A_failed_blocking_call_throws_the_same()
    {
        var network = new ScriptedInvoker(Failure(StatusCode.Internal));

        var failure = Assert.Throws<RpcException>(() => Client(network).Disconnect(new(Request) { RequestId = "mine" }));

        Assert.Equal("mine", failure.GetConnectionStateError().RequestId);
    }

    [Fact]
    public async Task A_read_has_no_request_id()
    {
        var network = new ScriptedInvoker(Failure(StatusCode.Internal));

        var failure = await Assert.ThrowsAsync<RpcException>(() => Client(network).GetPageListAsync(new() { MerchantId = "m" }).ResponseAsync);

        Assert.Null(failure.GetConnectionStateError().RequestId);
    }

    [Fact]
    public async Task A_call_that_the_caller_cancels_throws_OperationCanceledException()
    {
        using var cancel = new CancellationTokenSource();
        var network = new ScriptedInvoker(Failure(StatusCode.Cancelled)) { OnAttempt = cancel.Cancel };

        var failure = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Client(network).DisconnectAsync(Request, cancellationToken: cancel.Token).ResponseAsync);

        Assert.Equal(cancel.Token, failure.CancellationToken);
    }

    [Fact]
    public async Task A_failure_without_details_names_the_address()
    {
        var network = new ScriptedInvoker(Failure(StatusCode.Internal));

        var failure = await Assert.ThrowsAsync<RpcException>(() => Client(network).DisconnectAsync(Request).ResponseAsync);

        Assert.Contains(options.Address.ToString(), failure.Message, StringComparison.Ordinal);
    }

    private static RpcException Failure(StatusCode status) => new(new Status(status, "scripted failure"));

    private PageService.PageServiceClient Client(CallInvoker network) => new ConnectionStateClient(network, options).Pages;
}
