using ConnectionStateService.Hosting;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionStateService.Tests.Store;

/// <summary>COMMIT fails in the embedded store. Tested through the public API and the readiness endpoint.</summary>
public sealed class FailedCommitTests : IAsyncLifetime
{
    private Service service = null!;
    private ApiMerchant merchant = null!;

    public async Task InitializeAsync()
    {
        service = await Service.StartAsync();
        merchant = service.NewMerchant();
        await merchant.ConnectAsync(ApiMerchant.A);
    }

    public async Task DisposeAsync() => await service.DisposeAsync();

    [Fact]
    public async Task A_call_fails_with_STORE_UNAVAILABLE_if_COMMIT_fails()
    {
        FailCommits();

        await ApiMerchant.ExpectRefusedAsync(ErrorReason.StoreUnavailable, StatusCode.Unavailable, () => merchant.SetPlanAsync(Plan.Standard, 1));
        await ApiMerchant.ExpectRefusedAsync(ErrorReason.StoreUnavailable, StatusCode.Unavailable, () => merchant.DisconnectAsync(ApiMerchant.A));

        StopFailing();
        Assert.Equal(2, (await merchant.SetPlanAsync(Plan.Standard, 2)).Bought);
    }

    [Fact]
    public async Task Readiness_is_red_from_a_failed_COMMIT_until_commits_succeed_again()
    {
        FailCommits();
        await ApiMerchant.ExpectRefusedAsync(ErrorReason.StoreUnavailable, StatusCode.Unavailable, () => merchant.SetPlanAsync(Plan.Standard, 1));
        Assert.Equal(503, await CheckReadinessAsync());
        Assert.Equal(503, await CheckReadinessAsync());

        StopFailing();

        Assert.Equal(200, await CheckReadinessAsync());
    }

    // A violated foreign key that is checked at the end of the transaction makes COMMIT fail, and not the write before it.
    private void FailCommits()
    {
        using var database = new RawDatabase(service.Database);
        database.Execute("""
            CREATE TABLE parent (id INTEGER PRIMARY KEY);
            CREATE TABLE orphan (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
            CREATE TRIGGER fail_commit AFTER INSERT ON history BEGIN INSERT INTO orphan VALUES (1); END;
            CREATE TRIGGER fail_probe AFTER INSERT ON probe BEGIN INSERT INTO orphan VALUES (1); END
            """);
    }

    private void StopFailing()
    {
        using var database = new RawDatabase(service.Database);
        database.Execute("DROP TRIGGER fail_commit; DROP TRIGGER fail_probe");
    }

    private async Task<int> CheckReadinessAsync()
    {
        await service.Services.GetRequiredService<StoreHealthCheck>().CheckStoreAsync(CancellationToken.None);
        using var http = service.NewHttpClient();
        return (int)(await http.GetAsync(new Uri("/health/ready", UriKind.Relative))).StatusCode;
    }
}
