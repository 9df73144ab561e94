using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>Idempotency by request id, through the public API.</summary>
public sealed class IdempotencyTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly ApiMerchant shop = fixture.Service.NewMerchant();

    [Fact]
    public async Task A_repeated_BeginConnect_returns_the_first_session()
    {
        var first = await shop.BeginAsync(Provider.Facebook, requestId: "begin-1");
        await shop.BeginAsync(Provider.Zalo, requestId: "begin-2");

        var again = await shop.BeginAsync(Provider.Facebook, requestId: "begin-1");

        Assert.Equal(first, again);
        Assert.Equal(2, (await shop.ListAsync()).Sessions.Count);
    }

    [Fact]
    public async Task A_repeat_is_answered_without_the_session_if_it_is_no_longer_kept()
    {
        var client = fixture.Service.Client;
        var session = await shop.BeginAsync(Provider.Facebook);
        var request = new RefuseRequest { MerchantId = shop.Id, SessionId = session.SessionId, RequestId = "long-ago" };
        await client.Connect.RefuseAsync(request);
        for (var later = 0; later < new ConnectionStateService.Core.Rules().Retention.Sessions; later++)
        {
            await shop.RefuseAsync(await shop.BeginAsync(Provider.Zalo));
        }

        Assert.Equal(new RefuseResponse { PageList = await shop.ListAsync() }, await client.Connect.RefuseAsync(request));
        await ApiMerchant.ExpectRefusedAsync(ErrorReason.SessionNotFound, StatusCode.NotFound, () => shop.SessionAsync(session));
    }

    [Fact]
    public async Task A_request_id_cannot_be_reused_for_a_different_request()
    {
        await shop.BeginAsync(Provider.Facebook, requestId: "once");

        var refused = await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.RequestIdReused, StatusCode.InvalidArgument, () => shop.BeginAsync(Provider.Zalo, requestId: "once"));

        Assert.Equal("once", refused.Metadata["request_id"]);
    }

    [Fact]
    public async Task A_request_id_cannot_be_reused_for_another_method()
    {
        await shop.ConnectAsync(ApiMerchant.A);
        var client = fixture.Service.Client;
        await client.Pages.AcknowledgeAsync(new() { MerchantId = shop.Id, Page = ApiMerchant.A, RequestId = "changes-nothing" });
        await shop.DisconnectAsync(ApiMerchant.A, requestId: "once");

        await ApiMerchant.ExpectRefusedAsync(ErrorReason.RequestIdReused, StatusCode.InvalidArgument, () => client.Pages.AcknowledgeAsync(
            new() { MerchantId = shop.Id, Page = ApiMerchant.A, RequestId = "once" }).ResponseAsync);
    }

    [Fact]
    public async Task A_repeat_with_another_actor_is_the_same_request()
    {
        var client = fixture.Service.Client.Connect;
        var request = new BeginConnectRequest { MerchantId = shop.Id, Provider = Provider.Facebook, RequestId = "begin", Actor = "screen-1" };
        var first = await client.BeginConnectAsync(request);

        request.Actor = "screen-2";

        Assert.Equal(first, await client.BeginConnectAsync(request));
    }

    [Fact]
    public async Task A_repeat_with_what_the_server_set_in_the_candidates_is_the_same_request()
    {
        await shop.ConnectAsync(ApiMerchant.A);
        var session = await shop.BeginAsync(Provider.Facebook);
        var request = new SubmitAccountRequest
        {
            MerchantId = shop.Id,
            SessionId = session.SessionId,
            Account = new() { AccountId = "person-1", Name = "A Person", Personal = true },
            Candidates = { ApiMerchant.Offer(ApiMerchant.A.PageId), ApiMerchant.Offer("another") },
            RequestId = "submit",
        };
        var first = await fixture.Service.Client.Connect.SubmitAccountAsync(request);
        Assert.NotNull(first.Session.Candidates[0].Current);

        request.Candidates.Clear();
        request.Candidates.AddRange(first.Session.Candidates);
        Assert.Equal(first, await fixture.Service.Client.Connect.SubmitAccountAsync(request));

        request.Candidates.RemoveAt(1);
        await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.RequestIdReused,
            StatusCode.InvalidArgument,
            () => fixture.Service.Client.Connect.SubmitAccountAsync(request).ResponseAsync);
    }

    [Fact]
    public async Task A_repeated_Reconnect_with_what_the_server_set_in_the_candidate_is_the_same_request()
    {
        await shop.ConnectAsync(ApiMerchant.A);
        var candidate = (await shop.SignInAsync(await shop.BeginAsync(Provider.Facebook), ApiMerchant.Offer(ApiMerchant.A.PageId))).Candidates[0];
        var request = new ReconnectRequest
        {
            MerchantId = shop.Id,
            Provider = Provider.Facebook,
            Page = ApiMerchant.Offer(ApiMerchant.A.PageId),
            Account = new() { AccountId = "person-1", Name = "A Person", Personal = true },
            RequestId = "reconnect",
        };
        var first = await fixture.Service.Client.Connect.ReconnectAsync(request);

        request.Page = candidate;

        Assert.Equal(first, await fixture.Service.Client.Connect.ReconnectAsync(request));
    }

    [Fact]
    public async Task Two_merchants_may_use_the_same_request_id()
    {
        await shop.BeginAsync(Provider.Facebook, requestId: "common");

        await fixture.Service.NewMerchant().BeginAsync(Provider.Zalo, requestId: "common");
    }

    [Fact]
    public async Task A_repeat_of_any_call_changes_nothing_and_returns_the_same_response()
    {
        var life = new List<IMessage>();
        var session = await SendTwiceAsync<BeginConnectResponse>(
            new BeginConnectRequest { MerchantId = shop.Id, Provider = Provider.Facebook, RequestId = "1" });
        foreach (var request in LifeOf(session.Session.SessionId))
        {
            await SendTwiceAsync<IMessage>(request);
            life.Add(request);
        }

        Assert.Equal(10, life.Count);
        Assert.Empty((await shop.ListAsync()).Connections);
    }

    private IEnumerable<IMessage> LifeOf(string sessionId)
    {
        var page = ApiMerchant.Facebook($"page-{shop.Id}");
        var until = Timestamp.FromDateTimeOffset(fixture.Service.Clock.GetUtcNow() + TimeSpan.FromDays(90));
        return
        [
            new SubmitAccountRequest
            {
                MerchantId = shop.Id,
                SessionId = sessionId,
                Account = new() { AccountId = "p", Name = "A Person", Personal = true },
                Candidates = { ApiMerchant.Offer(page.PageId) },
                RequestId = "2",
            },
            new ChoosePageRequest { MerchantId = shop.Id, SessionId = sessionId, PageId = page.PageId, RequestId = "3" },
            new GrantRequest { MerchantId = shop.Id, SessionId = sessionId, RequestId = "4" },
            new RenewGrantRequest { MerchantId = shop.Id, Page = page, ExpiresAt = until, RequestId = "5" },
            new ReportProviderErrorRequest { Page = page, Code = 190, ObservedAt = ApiMerchant.Now, RequestId = "5a" },
            new ReconnectRequest
            {
                MerchantId = shop.Id,
                Provider = page.Provider,
                Page = new() { PageId = page.PageId, Role = PageRole.Admin },
                Account = new() { AccountId = "q", Name = "Another Person", Personal = true },
                RequestId = "5b",
            },
            new ReportSignalRequest { Page = page, Signal = Signal.PermissionRevoked, ObservedAt = ApiMerchant.Now, RequestId = "6" },
            new AcknowledgeRequest { MerchantId = shop.Id, Page = page, RequestId = "7" },
            new DisconnectRequest { MerchantId = shop.Id, Page = page, RequestId = "8" },
            new SetPlanRequest { MerchantId = shop.Id, Plan = Plan.Trial, RequestId = "9" },
        ];
    }

    private async Task<T> SendTwiceAsync<T>(IMessage request)
    {
        var before = (await shop.ListAsync()).Revision;
        var first = await SampleRequests.SendAsync(fixture.Service.Client, request);
        var between = await shop.ListAsync();
        var second = await SampleRequests.SendAsync(fixture.Service.Client, request);

        Assert.Equal(before + 1, between.Revision);
        Assert.Equal(between, await shop.ListAsync());
        Assert.Equal(first, second);
        return (T)second;
    }
}
