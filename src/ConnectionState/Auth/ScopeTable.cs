using System.Collections.Frozen;

namespace ConnectionStateService.Auth;

/// <summary>
/// The scope that each gRPC method and each HTTP endpoint needs; what is not listed is denied. docs/authentication.md has this table, and a test
/// compares it with all methods.
/// </summary>
internal static class ScopeTable
{
    /// <summary>The scopes of gRPC methods, by full name.</summary>
    public static readonly FrozenDictionary<string, Scopes> Methods = new Dictionary<string, Scopes>
    {
        // A browser may begin, choose and refuse. What the provider answered is for the connector alone to say: a grant takes the page from every
        // other merchant.
        ["/connectionstate.v1.ConnectService/BeginConnect"] = Scopes.PagesWrite,
        ["/connectionstate.v1.ConnectService/ChoosePage"] = Scopes.PagesWrite,
        ["/connectionstate.v1.ConnectService/Refuse"] = Scopes.PagesWrite,
        ["/connectionstate.v1.ConnectService/GetConnectSession"] = Scopes.PagesRead,
        ["/connectionstate.v1.ConnectService/SubmitAccount"] = Scopes.ConnectWrite,
        ["/connectionstate.v1.ConnectService/Grant"] = Scopes.ConnectWrite,
        ["/connectionstate.v1.ConnectService/Reconnect"] = Scopes.ConnectWrite,

        ["/connectionstate.v1.PageService/GetPageList"] = Scopes.PagesRead,
        ["/connectionstate.v1.PageService/GetConnection"] = Scopes.PagesRead,
        ["/connectionstate.v1.PageService/ListChanges"] = Scopes.PagesRead,
        ["/connectionstate.v1.PageService/Acknowledge"] = Scopes.PagesWrite,
        ["/connectionstate.v1.PageService/Disconnect"] = Scopes.PagesWrite,
        ["/connectionstate.v1.PageService/FindConnections"] = Scopes.FleetRead,

        ["/connectionstate.v1.SignalService/ReportSignal"] = Scopes.SignalsWrite,
        ["/connectionstate.v1.SignalService/ReportSignals"] = Scopes.SignalsWrite,
        ["/connectionstate.v1.SignalService/ReportProviderError"] = Scopes.SignalsWrite,
        ["/connectionstate.v1.SignalService/ReportSuccess"] = Scopes.SignalsWrite,
        ["/connectionstate.v1.SignalService/RenewGrant"] = Scopes.SignalsWrite,

        ["/connectionstate.v1.PlanService/SetPlan"] = Scopes.PlanWrite,
        // On its own: what is erased cannot be brought back.
        ["/connectionstate.v1.MerchantService/EraseMerchant"] = Scopes.MerchantsErase,
        ["/connectionstate.v1.WatchService/WatchPageList"] = Scopes.PagesRead,
        ["/connectionstate.v1.WatchService/WatchPageLists"] = Scopes.PagesRead,

        ["/connectionstate.v1.FeedService/WatchFeed"] = Scopes.FeedRead,
        ["/connectionstate.v1.FeedService/GetFeedPositions"] = Scopes.FeedRead,
        ["/connectionstate.v1.FeedService/CommitFeedPositions"] = Scopes.FeedRead,
        ["/connectionstate.v1.FeedService/HoldFeedPartitions"] = Scopes.FeedRead,
        ["/connectionstate.v1.FeedService/ListFeedConsumers"] = Scopes.FeedRead,
        ["/connectionstate.v1.FeedService/RemoveFeedConsumer"] = Scopes.FeedRead,

        ["/connectionstate.v1.FleetService/ListConnections"] = Scopes.FleetRead,
        ["/connectionstate.v1.FleetService/CountConnections"] = Scopes.FleetRead,
        ["/connectionstate.v1.FleetService/CountLosses"] = Scopes.FleetRead,
        ["/connectionstate.v1.FleetService/ListMerchants"] = Scopes.FleetRead,
        ["/connectionstate.v1.FleetService/ExportMerchants"] = Scopes.FleetRead,
        ["/connectionstate.v1.FleetService/ImportMerchants"] = Scopes.FleetWrite,

        ["/connectionstate.v1.TokenService/IssueMerchantToken"] = Scopes.TokensIssue,
        ["/connectionstate.v1.TokenService/RevokeMerchantTokens"] = Scopes.TokensIssue,

        ["/grpc.health.v1.Health/Check"] = Scopes.Probes,
        ["/grpc.health.v1.Health/Watch"] = Scopes.Probes,
        ["/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"] = Scopes.Admin,
        ["/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"] = Scopes.Admin,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The scopes of HTTP endpoints, by route. Methods in JSON need the scope of the method; other paths below /v1 are answered with 404. The files of the console are served without a token too.</summary>
    public static readonly FrozenDictionary<string, Scopes> Routes = new Dictionary<string, Scopes>
    {
        ["/v1/{**path}"] = Scopes.None,
        ["/"] = Scopes.None,
        ["/fleet"] = Scopes.None,
        ["/m/{**path}"] = Scopes.None,
        ["/console/config.json"] = Scopes.None,
        ["/.well-known/jwks.json"] = Scopes.None,
        ["/health/live"] = Scopes.None,
        ["/health/ready"] = Scopes.Probes,
        ["/metrics"] = Scopes.MetricsRead,
    }.ToFrozenDictionary(StringComparer.Ordinal);
}
