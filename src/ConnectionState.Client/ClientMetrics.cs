using System.Diagnostics.Metrics;
using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>The instruments of the meter <see cref="MeterName"/>.</summary>
internal sealed class ClientMetrics : IDisposable
{
    public const string MeterName = "ConnectionStateService.Client";

    private readonly Meter meter;
    private readonly bool ownsMeter;
    private readonly KeyValuePair<string, object?> client;
    private readonly UpDownCounter<int> streams;
    private readonly Counter<int> reconnects;
    private readonly Histogram<double> staleTime;
    private readonly UpDownCounter<int> cacheEntries;
    private readonly Counter<int> cacheRequests;
    private readonly Counter<int> cacheEvictions;
    private readonly Counter<int> successReports;
    private readonly Counter<int> tokenFetches;

    public ClientMetrics(IMeterFactory? factory = null, string clientName = "")
    {
        ownsMeter = factory is null;
        meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        client = new("client", clientName);
        streams = meter.CreateUpDownCounter<int>("connectionstate.client.streams", "{stream}", "Open watch streams.");
        reconnects = meter.CreateCounter<int>(
            "connectionstate.client.reconnects", "{attempt}", "Streams opened after another ended, by the status it ended with.");
        staleTime = meter.CreateHistogram<double>("connectionstate.client.stale.duration", "s", "How long a watched page list was stale.");
        cacheEntries = meter.CreateUpDownCounter<int>("connectionstate.client.cache.entries", "{merchant}", "Merchants in the cache.");
        cacheRequests = meter.CreateCounter<int>(
            "connectionstate.client.cache.requests", "{request}", "Calls of TryGet, by result: live, stale, miss or full.");
        cacheEvictions = meter.CreateCounter<int>(
            "connectionstate.client.cache.evictions", "{merchant}", "Merchants removed from the cache, by reason: idle or capacity.");
        successReports = meter.CreateCounter<int>(
            "connectionstate.client.success.reports",
            "{success}",
            "Calls of ReportSuccess, by result: sent, sampled, dropped, failed or invalid.");
        tokenFetches = meter.CreateCounter<int>(
            "connectionstate.client.token.fetches", "{fetch}", "Calls of the token source, by result: ok or failed.");
    }

    public void StreamOpened() => streams.Add(1, client);

    public void StreamClosed() => streams.Add(-1, client);

    public void Reconnecting(StatusCode status) => reconnects.Add(1, client, new("status", status.ToString()));

    public void Recovered(TimeSpan stale) => staleTime.Record(stale.TotalSeconds, client);

    public void CacheEntries(int change) => cacheEntries.Add(change, client);

    public void CacheRequest(string result) => cacheRequests.Add(1, client, new("result", result));

    public void CacheEviction(string reason) => cacheEvictions.Add(1, client, new("reason", reason));

    public void SuccessReports(int count, string result) => successReports.Add(count, client, new("result", result));

    public void TokenFetched(string result) => tokenFetches.Add(1, client, new("result", result));

    public void Dispose()
    {
        if (ownsMeter)
        {
            meter.Dispose();
        }
    }
}
