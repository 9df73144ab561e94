using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using FeedPosition = ConnectionStateService.Feed.FeedPosition;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>One valid request for each method of the API.</summary>
internal static class SampleRequests
{
    private const string GrantId = "0123456789abcdef";

    private static readonly Timestamp Time = Timestamp.FromDateTimeOffset(new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static readonly PageRef Page = new() { Provider = Provider.Facebook, PageId = "page-1" };

    public static IReadOnlyList<IMessage> All { get; } =
    [
        new BeginConnectRequest { MerchantId = "m", Provider = Provider.Zalo, ReconnectPageId = "p", RequestId = "r", Actor = "a" },
        new SubmitAccountRequest
        {
            MerchantId = "m",
            SessionId = "s",
            Account = new() { AccountId = "a", Name = "A Person", Personal = true },
            Candidates = { new Candidate { PageId = "p", Name = "A Page", Role = PageRole.Editor, Tasks = { "MANAGE" } } },
            Complete = true,
            RequestId = "r",
            Actor = "a",
        },
        new ChoosePageRequest { MerchantId = "m", SessionId = "s", PageId = "p", RequestId = "r", Actor = "a" },
        new GrantRequest { MerchantId = "m", SessionId = "s", ExpiresAt = Time, RequestId = "r", Actor = "a" },
        new ReconnectRequest
        {
            MerchantId = "m",
            Provider = Provider.Facebook,
            Page = new() { PageId = "p", Role = PageRole.Editor },
            Account = new() { AccountId = "a", Name = "A Person", Personal = true },
            ExpiresAt = Time,
            RequestId = "r",
            Actor = "a",
        },
        new RefuseRequest { MerchantId = "m", SessionId = "s", RequestId = "r", Actor = "a" },
        new GetConnectSessionRequest { MerchantId = "m", SessionId = "s" },
        new GetPageListRequest { MerchantId = "m" },
        new GetConnectionRequest { MerchantId = "m", Page = Page },
        new FindConnectionsRequest { Page = Page },
        new AcknowledgeRequest { MerchantId = "m", Page = Page, RequestId = "r", Actor = "a" },
        new DisconnectRequest { MerchantId = "m", Page = Page, RequestId = "r", Actor = "a" },
        new ListChangesRequest { MerchantId = "m", Page = Page, AfterRevision = 1, Limit = 10 },
        new ReportSignalRequest
        {
            Page = Page,
            MerchantId = "m",
            Signal = Signal.RoleLost,
            ObservedAt = Time,
            Evidence = new() { Code = 190, Subcode = 492 },
            GrantId = GrantId,
            RequestId = "r",
            Actor = "a",
        },
        new ReportSignalsRequest
        {
            Reports =
            {
                new SignalReport
                {
                    Page = Page,
                    MerchantId = "m",
                    Signal = Signal.RoleLost,
                    ObservedAt = Time,
                    Evidence = new() { Code = 190, Subcode = 492 },
                    GrantId = GrantId,
                    RequestId = "r",
                },
            },
            Actor = "a",
        },
        new ReportProviderErrorRequest
        {
            Page = Page,
            MerchantId = "m",
            Code = 190,
            Subcode = 492,
            ObservedAt = Time,
            Message = "text",
            GrantId = GrantId,
            Object = ProviderObject.Page,
            RequestId = "r",
            Actor = "a",
        },
        new ReportSuccessRequest
        {
            Successes = { new ReportSuccessRequest.Types.Success { MerchantId = "m", Page = Page, GrantId = GrantId, ObservedAt = Time } },
            Actor = "a",
        },
        new RenewGrantRequest
        {
            MerchantId = "m",
            Page = Page,
            ExpiresAt = Time,
            GrantId = GrantId,
            IssuedAt = Time,
            RequestId = "r",
            Actor = "a",
        },
        new SetPlanRequest { MerchantId = "m", Plan = Plan.Trial, BoughtPages = 1, RequestId = "r", Actor = "a" },
        new EraseMerchantRequest { MerchantId = "m", RequestId = "r", Actor = "a" },
        new WatchPageListRequest { MerchantId = "m" },
        new WatchPageListsRequest
        {
            Adds = { new WatchPageListsRequest.Types.Add { MerchantId = "m" } },
            Removes = { new WatchPageListsRequest.Types.Remove { MerchantId = "m" } },
        },
        new WatchFeedRequest
        {
            Starts = { new FeedStart { Partition = 255, Position = FeedPosition.Encode(255, new(7, 9)) }, new FeedStart { Partition = 1, Snapshot = true } },
            Filter = new() { States = { Connection.Types.State.Revoked }, Providers = { Provider.Zalo } },
            IncludePageList = true,
        },
        new GetFeedPositionsRequest(),
        new CommitFeedPositionsRequest
        {
            Consumer = "c",
            Instance = "i",
            Positions = { new CommitFeedPositionsRequest.Types.Position { Partition = 255, Position_ = FeedPosition.Encode(255, new(7, 9)), Epoch = 1 } },
            Rewind = true,
        },
        new HoldFeedPartitionsRequest { Consumer = "c", Instance = "i", Session = "s", Released = { 255 }, Leaving = true },
        new ListFeedConsumersRequest { PageSize = 1, PageToken = "c" },
        new RemoveFeedConsumerRequest { Consumer = "c", Force = true },
        new ListConnectionsRequest
        {
            Provider = Provider.Facebook,
            States = { Connection.Types.State.Revoked },
            Causes = { Cause.RoleLost },
            Since = Time,
            ExpiresBefore = Time,
            Order = ListConnectionsRequest.Types.Order.Merchant,
            PageSize = 10,
        },
        new CountConnectionsRequest(),
        new CountLossesRequest { Days = 7 },
        new ExportMerchantsRequest { Partitions = { 255 }, PageSize = 10 },
        new ImportMerchantsRequest
        {
            Items = { new ImportMerchantsRequest.Types.Item { Merchant = new() { MerchantId = "m", Plan = Plan.Trial }, IfRevision = 1 } },
            Source = "another store",
            DryRun = true,
            Actor = "a",
        },
        new ListMerchantsRequest { Prefix = "shop", IncludePageList = true, PageSize = 10 },
        new IssueMerchantTokenRequest { MerchantId = "m", Actor = "a", Preset = TokenPreset.Screen, Lifetime = new() { Seconds = 60 } },
        new RevokeMerchantTokensRequest { MerchantId = "m" },
    ];

    public static async Task<IMessage> SendAsync(ConnectionStateClient client, IMessage request) => request switch
    {
        BeginConnectRequest r => await client.Connect.BeginConnectAsync(r),
        SubmitAccountRequest r => await client.Connect.SubmitAccountAsync(r),
        ChoosePageRequest r => await client.Connect.ChoosePageAsync(r),
        GrantRequest r => await client.Connect.GrantAsync(r),
        ReconnectRequest r => await client.Connect.ReconnectAsync(r),
        RefuseRequest r => await client.Connect.RefuseAsync(r),
        GetConnectSessionRequest r => await client.Connect.GetConnectSessionAsync(r),
        GetPageListRequest r => await client.Pages.GetPageListAsync(r),
        GetConnectionRequest r => await client.Pages.GetConnectionAsync(r),
        FindConnectionsRequest r => await client.Pages.FindConnectionsAsync(r),
        AcknowledgeRequest r => await client.Pages.AcknowledgeAsync(r),
        DisconnectRequest r => await client.Pages.DisconnectAsync(r),
        ListChangesRequest r => await client.Pages.ListChangesAsync(r),
        ReportSignalRequest r => await client.Signals.ReportSignalAsync(r),
        ReportSignalsRequest r => await client.Signals.ReportSignalsAsync(r),
        ReportProviderErrorRequest r => await client.Signals.ReportProviderErrorAsync(r),
        ReportSuccessRequest r => await client.Signals.ReportSuccessAsync(r),
        RenewGrantRequest r => await client.Signals.RenewGrantAsync(r),
        SetPlanRequest r => await client.Plans.SetPlanAsync(r),
        EraseMerchantRequest r => await client.Merchants.EraseMerchantAsync(r),
        WatchPageListRequest r => await FirstAsync(client, r),
        WatchPageListsRequest r => await AnswersAsync(client, r),
        WatchFeedRequest r => await FirstAsync(client, r),
        CommitFeedPositionsRequest r => await client.Feeds.CommitFeedPositionsAsync(r),
        HoldFeedPartitionsRequest r => await client.Feeds.HoldFeedPartitionsAsync(r),
        ListFeedConsumersRequest r => await client.Feeds.ListFeedConsumersAsync(r),
        RemoveFeedConsumerRequest r => await client.Feeds.RemoveFeedConsumerAsync(r),
        GetFeedPositionsRequest r => await client.Feeds.GetFeedPositionsAsync(r),
        ListConnectionsRequest r => await client.Fleet.ListConnectionsAsync(r),
        CountConnectionsRequest r => await client.Fleet.CountConnectionsAsync(r),
        ExportMerchantsRequest r => await client.Fleet.ExportMerchantsAsync(r),
        ImportMerchantsRequest r => await client.Fleet.ImportMerchantsAsync(r),
        CountLossesRequest r => await client.Fleet.CountLossesAsync(r),
        ListMerchantsRequest r => await client.Fleet.ListMerchantsAsync(r),
        IssueMerchantTokenRequest r => await client.Tokens.IssueMerchantTokenAsync(r),
        RevokeMerchantTokensRequest r => await client.Tokens.RevokeMerchantTokensAsync(r),
        _ => throw new ArgumentException(request.Descriptor.FullName),
    };

    private static async Task<IMessage> AnswersAsync(ConnectionStateClient client, WatchPageListsRequest request)
    {
        using var call = client.Watches.WatchPageLists();
        await call.RequestStream.WriteAsync(request);
        return await AnswersAsync(call.ResponseStream, request);
    }

    /// <summary>Reads the answers to a request on a stream of many merchants. One that is a failure is thrown.</summary>
    public static async Task<WatchPageListsResponse> AnswersAsync(IAsyncStreamReader<WatchPageListsResponse> messages, WatchPageListsRequest request)
    {
        var answers = new WatchPageListsResponse();
        while (answers.Updates.Count < request.Adds.Count + request.Removes.Count)
        {
            Assert.True(await messages.MoveNext(CancellationToken.None));
            answers.Updates.Add(messages.Current.Updates);
        }

        return answers.Updates.FirstOrDefault(update => update.Failure is not null) is { } failed ? throw failed.Failure.ToRpcException() : answers;
    }

    private static async Task<IMessage> FirstAsync(ConnectionStateClient client, WatchFeedRequest request)
    {
        using var call = client.Feeds.WatchFeed(request);
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        return call.ResponseStream.Current;
    }

    private static async Task<IMessage> FirstAsync(ConnectionStateClient client, WatchPageListRequest request)
    {
        using var call = client.Watches.WatchPageList(request);
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        return call.ResponseStream.Current;
    }
}
