using ConnectionStateService.Store.Records;
using ConnectionStateService.SystemTests.Redis;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.TestSupportTests.Upgrade;

/// <summary>N, N+1, N over the same data with two real builds, on both stores. Takes minutes, because it builds the service.</summary>
public sealed class NextVersionTests : IDisposable
{
    private readonly TemporaryFolder build = new();
    private readonly TemporaryFolder data = new();

    public void Dispose()
    {
        build.Dispose();
        data.Dispose();
    }

    [Fact]
    public async Task An_upgrade_forward_and_back_loses_nothing()
    {
        var next = await NextVersion.BuildAsync(build);
        await using var redis = await RedisServer.StartAsync();

        await UpgradeAndReturnAsync(
            next,
            [$"--Store:Path={data.File("cs.db")}"],
            merchant =>
            {
                using var database = new RawDatabase(data.File("cs.db"));
                return Task.FromResult(database.Record(merchant));
            });
        await UpgradeAndReturnAsync(
            next,
            ["--Store:Kind=Redis", $"--Store:Redis:Configuration={redis.Configuration}"],
            async merchant =>
            {
                var stored = (await redis.CommandAsync("GET", StoredMerchants.RecordKey(merchant))).Bytes!;
                return stored[(Array.IndexOf(stored, (byte)'\n') + 1)..];
            });
    }

    private static async Task UpgradeAndReturnAsync(string next, string[] store, Func<string, Task<byte[]>> readAsync)
    {
        await RunAsync(null, store, async (first, second) =>
        {
            await first.ConnectAsync(ApiMerchant.A, ApiMerchant.B);
            await second.ConnectAsync(ApiMerchant.C);
        });

        await RunAsync(next, store, async (first, second) =>
        {
            await first.SetPlanAsync(Plan.Standard, 1);
            await second.ReportAsync(ApiMerchant.C, Signal.PermissionRevoked);
            Assert.Equal(NextVersion.Cause, (int)Assert.Single((await second.ListAsync()).Connections).Cause);
        });
        var newer = await readAsync("shop-2");

        await RunAsync(null, store, async (first, second) =>
        {
            await first.ReportAsync(ApiMerchant.A, Signal.PageDeleted);
            await first.SetPlanAsync(Plan.Standard, 2);
            Assert.Equal([ApiMerchant.A.PageId, ApiMerchant.B.PageId], await first.ListedAsync());
            await ApiMerchant.ExpectRefusedAsync(ErrorReason.RecordUnreadable, StatusCode.DataLoss, () => second.SetPlanAsync(Plan.Trial));
        });
        AssertHasField(await readAsync("shop-1"));
        Assert.Equal(newer, await readAsync("shop-2"));

        await RunAsync(next, store, async (first, second) =>
        {
            Assert.Equal([ApiMerchant.A.PageId, ApiMerchant.B.PageId], await first.ListedAsync());
            Assert.Equal(NextVersion.Cause, (int)Assert.Single((await second.ListAsync()).Connections).Cause);
            await second.SetPlanAsync(Plan.Standard, 1);
        });
    }

    private static async Task RunAsync(string? program, string[] store, Func<ApiMerchant, ApiMerchant, Task> actAsync)
    {
        await using var server = await ServerProcess.StartWithAsync([], store, program);
        using var client = server.NewClient();
        await actAsync(new ApiMerchant(client, "shop-1"), new ApiMerchant(client, "shop-2"));
        await server.Process.TerminateAsync();
        Assert.Equal(0, server.Process.ExitCode);
    }

    private static void AssertHasField(byte[] stored)
    {
        var record = StoredRecord.Parser.ParseFrom(stored.AsSpan(SealedBytes.HeaderLength));
        Assert.Equal(2, record.Connections.Count);
        Assert.All(record.Connections, connection => Assert.Equal(NextVersion.Field, connection.Unknown.ToArray()));
    }
}
