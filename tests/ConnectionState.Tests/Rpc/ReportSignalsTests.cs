using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using Grpc.Core;
using static ConnectionStateService.V1.SignalOutcome.Types;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>Several signals in one call, each on its own.</summary>
public sealed class ReportSignalsTests : IAsyncLifetime
{
    private static readonly AccountRef Account = new() { Provider = Provider.Facebook, AccountId = "person-1" };

    private InterceptedStore store = null!;
    private Service service = null!;
    private ApiMerchant first = null!;
    private ApiMerchant second = null!;

    public async Task InitializeAsync()
    {
        service = await Service.StartAsync(
            new() { ["Rules:OneHolderPerPage"] = "false" }, services => services.AddInterceptedStore(created => store = created));
        (first, second) = (new ApiMerchant(service.Client, "first"), new ApiMerchant(service.Client, "second"));
        await first.ConnectAsync(ApiMerchant.A, ApiMerchant.Oa);
        await second.ConnectAsync(ApiMerchant.A, ApiMerchant.B);
    }

    public async Task DisposeAsync() => await service.DisposeAsync();

    [Fact]
    public async Task Each_report_has_its_outcomes_in_the_order_of_the_request()
    {
        var reports = await ReportAsync(
            About(ApiMerchant.Oa, Signal.TokenExpired, merchant: "first"),
            About(ApiMerchant.D, Signal.RoleLost),
            new SignalReport { Account = Account, Signal = Signal.PermissionRevoked, ObservedAt = ApiMerchant.Now });

        Assert.Equal(
            ["first oa-1 Expired", "", "first page-a Revoked, second page-a Revoked, second page-b Revoked"],
            reports.Select(report => string.Join(", ", report.Outcomes.Select(o => $"{o.MerchantId} {o.Connection.Page.PageId} {o.Connection.State}"))));
        Assert.All(reports, report => Assert.Equal(ErrorReason.Unspecified, report.Reason));
        Assert.All(reports.SelectMany(report => report.Outcomes), o => Assert.Equal(Result.Applied, o.Result));
    }

    [Fact]
    public async Task A_report_that_fails_does_not_fail_the_others()
    {
        using (var database = new RawDatabase(service.Database))
        {
            await new ApiMerchant(service.Client, "damaged").ConnectAsync(ApiMerchant.C);
            database.Execute("UPDATE merchant SET record = $2 WHERE id = $1", "damaged", new byte[] { 1 });
            await service.NoticeForeignChangesAsync();
        }

        await service.Client.Plans.SetPlanAsync(new() { MerchantId = "second", Plan = Plan.Standard, BoughtPages = 1, RequestId = "once" });

        var reports = await ReportAsync(
            About(ApiMerchant.D, Signal.RoleLost, merchant: "first"),
            About(ApiMerchant.A, Signal.RoleLost, merchant: "second", requestId: "once"),
            About(ApiMerchant.C, Signal.RoleLost, merchant: "damaged"),
            About(ApiMerchant.A, Signal.RoleLost, merchant: "first"));

        Assert.Equal(
            [ErrorReason.ConnectionNotFound, ErrorReason.RequestIdReused, ErrorReason.RecordUnreadable, ErrorReason.Unspecified],
            reports.Select(report => report.Reason));
        Assert.All(reports.SkipLast(1), report => Assert.Empty(report.Outcomes));
        Assert.Equal(Result.Applied, Assert.Single(reports[3].Outcomes).Result);
    }

    [Fact]
    public async Task A_report_that_the_store_does_not_answer_does_not_fail_the_others_but_all_together_fail_the_call()
    {
        var commits = 0;
        store.Before = method => method == nameof(IConnectionStore.CommitAsync) && Interlocked.Increment(ref commits) == 1
            ? throw new StoreUnavailableException("an outage")
            : Task.CompletedTask;
        var reports = await ReportAsync(About(ApiMerchant.Oa, Signal.RoleLost, merchant: "first"), About(ApiMerchant.B, Signal.RoleLost));
        Assert.Equal([ErrorReason.Unspecified, ErrorReason.StoreUnavailable], reports.Select(report => report.Reason).Order());

        store.Before = method => method is nameof(IConnectionStore.FindMerchantsAsync) or nameof(IConnectionStore.CommitAsync)
            ? throw new StoreUnavailableException("an outage")
            : Task.CompletedTask;
        await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.StoreUnavailable,
            StatusCode.Unavailable,
            () => ReportAsync(About(ApiMerchant.A, Signal.RoleLost), About(ApiMerchant.A, Signal.RoleLost, merchant: "second")));
        store.Before = _ => Task.CompletedTask;
    }

    [Fact]
    public async Task Invalid_fields_fail_the_call_and_name_the_report()
    {
        var invalid = new SignalReport { Signal = Signal.RoleLost, ObservedAt = ApiMerchant.Now };

        var refused = await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.InvalidRequest, StatusCode.InvalidArgument, () => ReportAsync(About(ApiMerchant.A, Signal.RoleLost), invalid));

        Assert.Equal("reports[1].page", Assert.Single(refused.Violations).Field);
        Assert.Equal(State.Connected, (await first.FindAsync(ApiMerchant.A)).State);
    }

    [Fact]
    public async Task A_report_is_applied_once_per_request_id_also_if_ReportSignal_repeats_it()
    {
        var report = About(ApiMerchant.A, Signal.RoleLost, merchant: "first", requestId: "once");
        await ReportAsync(report);
        await first.ConnectAgainAsync(ApiMerchant.A);

        var again = await ReportAsync(report);
        var single = await service.Client.Signals.ReportSignalAsync(new()
        {
            Page = ApiMerchant.A,
            MerchantId = "first",
            Signal = Signal.RoleLost,
            ObservedAt = ApiMerchant.Now,
            RequestId = "once",
            Actor = "another",
        });

        Assert.Equal(Result.Applied, Assert.Single(again[0].Outcomes).Result);
        Assert.Equal(Result.Applied, Assert.Single(single.Outcomes).Result);
        Assert.Equal(State.Connected, (await first.FindAsync(ApiMerchant.A)).State);
    }

    [Fact]
    public async Task A_thousand_reports_fit_into_a_call()
    {
        await service.Client.Plans.SetPlanAsync(new() { MerchantId = "first", Plan = Plan.Standard, BoughtPages = 100 });

        // Two of the pages are lost, by whichever report comes first; the others find them so.
        PageRef[] pages = [ApiMerchant.A, ApiMerchant.B];
        var reports = await ReportAsync([.. Enumerable.Range(0, 1_000)
            .Select(n => About(pages[n % 2], Signal.RoleLost, requestId: $"{n:d32}"))]);

        Assert.Equal(1_000, reports.Count);
        Assert.Equal(3, reports.SelectMany(report => report.Outcomes).Count(o => o.Result is Result.Applied));
        Assert.Equal(1_497, reports.SelectMany(report => report.Outcomes).Count(o => o.Result is Result.Unchanged));
    }

    [Theory]
    [InlineData(nameof(IConnectionStore.FindMerchantsAsync), null)]
    [InlineData(nameof(IConnectionStore.ReadAsync), "merchant-")]
    public async Task At_most_32_reports_of_a_call_are_on_their_way_to_the_store(string call, string? prefix)
    {
        var calls = 0;
        var answers = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        store.Before = async method =>
        {
            if (method == call)
            {
                Interlocked.Increment(ref calls);
                await answers.Task;
            }
        };
        var reporting = ReportAsync([.. Enumerable.Range(0, 100).Select(n => About(
            new() { Provider = Provider.Facebook, PageId = $"{n}" }, Signal.RoleLost, prefix is null ? null : $"{prefix}{n}", $"{n:d32}"))]);
        await Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref calls) >= 32));

        // Long enough that further ones would come.
        await Task.Delay(TimeSpan.FromMilliseconds(50));
        var unanswered = Volatile.Read(ref calls);
        answers.SetResult();
        Assert.Equal(100, (await reporting).Count);

        Assert.Equal(32, unanswered);
    }

    private async Task<IReadOnlyList<ReportSignalsResponse.Types.Report>> ReportAsync(params SignalReport[] reports) =>
        (await service.Client.Signals.ReportSignalsAsync(new() { Reports = { reports }, Actor = "webhook" })).Reports;

    private static SignalReport About(PageRef page, Signal signal, string? merchant = null, string requestId = "")
    {
        var report = new SignalReport { Page = page, Signal = signal, ObservedAt = ApiMerchant.Now, RequestId = requestId };
        if (merchant is not null)
        {
            report.MerchantId = merchant;
        }

        return report;
    }
}
