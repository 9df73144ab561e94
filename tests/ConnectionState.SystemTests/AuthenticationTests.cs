using System.Text.RegularExpressions;
using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace ConnectionStateService.SystemTests;

/// <summary>Authentication of the real program: on all interfaces, and in several processes.</summary>
public sealed class AuthenticationTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    // The key is made by the commands of docs/authentication.md, and the calls are those of the README.
    [Fact]
    public async Task On_all_interfaces_the_service_needs_authentication_and_serves_calls_with_a_key_then()
    {
        string[] arguments = ["--Listen:Address=0.0.0.0", "--Listen:GrpcPort=0", "--Listen:HttpPort=0", $"--Store:Path={folder.File("cs.db")}"];
        await using (var refused = Start(arguments))
        {
            await refused.WaitForExitAsync();
            Assert.Equal(1, refused.ExitCode);
            var error = Assert.Single(refused.Errors.TrimEnd().Split('\n'));
            Assert.StartsWith("ConnectionState does not start: Auth:Mode is None, and the service listens on ", error, StringComparison.Ordinal);
            Assert.Contains("Set Auth:Mode=Keys with Auth:KeysFile", error, StringComparison.Ordinal);
        }

        var key = await MakeKeyAsync("billing-1", "pages.read");
        await using var server = Start([.. arguments, "--Auth:Mode=Keys", $"--Auth:KeysFile={folder.File("keys.json")}"]);
        var address = Regex.Match(await server.AnnouncementAsync(), @"gRPC on http://0\.0\.0\.0:(\d+)");
        using var client = NewClient(new($"http://127.0.0.1:{address.Groups[1].Value}"), key);
        using var anonymous = NewClient(new($"http://127.0.0.1:{address.Groups[1].Value}"), null);

        Assert.Equal("shop-1", (await client.Pages.GetPageListAsync(new() { MerchantId = "shop-1" })).PageList.MerchantId);
        using var watch = client.Watches.WatchPageList(new() { MerchantId = "shop-1" });
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        var failure = await Assert.ThrowsAsync<RpcException>(() => anonymous.Pages.GetPageListAsync(new() { MerchantId = "shop-1" }).ResponseAsync);
        Assert.Equal((StatusCode.Unauthenticated, ErrorReason.TokenMissing), (failure.StatusCode, failure.GetConnectionStateError().Reason));
        Assert.DoesNotContain(key[^43..], server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_of_one_process_is_valid_in_another_and_its_revocation_ends_the_streams_there()
    {
        await using var redis = await RedisServer.StartAsync();
        var key = await MakeKeyAsync("platform-1", "tokens.issue");
        await File.WriteAllTextAsync(folder.File("sealing.key"), Convert.ToBase64String(new byte[32]));
        await using var servers = await ServerGroup.StartAsync(
            2,
            redis.Configuration,
            "--Auth:Mode=Keys",
            $"--Auth:KeysFile={folder.File("keys.json")}",
            $"--Auth:MerchantTokens:SealingKeyFile={folder.File("sealing.key")}");
        using var platform = NewClient(servers.Servers[0].Grpc, key);
        var token = (await platform.Tokens.IssueMerchantTokenAsync(new() { MerchantId = "shop-1", Actor = "Lan", Preset = TokenPreset.Screen })).Token;
        using var page = NewClient(servers.Servers[1].Grpc, token);
        using var stream = page.Watches.WatchPageList(new() { MerchantId = "shop-1" });
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));
        using var http = new HttpClient();
        var published = await Task.WhenAll(servers.Servers.Select(server => http.GetStringAsync(new Uri(server.Http, ".well-known/jwks.json"))));
        Assert.Single(published.Distinct());

        await platform.Tokens.RevokeMerchantTokensAsync(new() { MerchantId = "shop-1" });

        var ended = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Patience))
            {
                // A checkpoint.
            }
        });
        Assert.Equal(ErrorReason.TokenRevoked, ended.GetConnectionStateError().Reason);
        var refused = await Assert.ThrowsAsync<RpcException>(() => page.Pages.GetPageListAsync(new() { MerchantId = "shop-1" }).ResponseAsync);
        Assert.Equal(ErrorReason.TokenRevoked, refused.GetConnectionStateError().Reason);
    }

    [Fact]
    public async Task Tokens_are_valid_and_end_by_the_clock_of_Redis_in_a_process_whose_clock_is_wrong()
    {
        await using var redis = await RedisServer.StartAsync();
        var key = await MakeKeyAsync("platform-1", "tokens.issue");
        await File.WriteAllTextAsync(folder.File("sealing.key"), Convert.ToBase64String(new byte[32]));
        string[] arguments =
        [
            "--Store:Kind=Redis",
            $"--Store:Redis:Configuration={redis.Configuration}",
            "--Auth:Mode=Keys",
            $"--Auth:KeysFile={folder.File("keys.json")}",
            $"--Auth:MerchantTokens:SealingKeyFile={folder.File("sealing.key")}",
            "--Auth:ClockSkew=00:00:00",
        ];
        await using var ahead = await ServerProcess.StartWithAsync(["faketime", "-f", "+1h"], arguments);
        await using var behind = await ServerProcess.StartWithAsync(["faketime", "-f", "-1h"], arguments);
        foreach (var (issuer, other) in new[] { (ahead, behind), (behind, ahead) })
        {
            using var platform = NewClient(issuer.Grpc, key);
            var issued = await platform.Tokens.IssueMerchantTokenAsync(
                new() { MerchantId = "shop-1", Actor = "Lan", Preset = TokenPreset.Screen, Lifetime = Duration.FromTimeSpan(TimeSpan.FromSeconds(5)) });
            using var page = NewClient(other.Grpc, issued.Token);
            using var stream = page.Watches.WatchPageList(new() { MerchantId = "shop-1" });
            Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));

            var ended = await Assert.ThrowsAsync<RpcException>(async () =>
            {
                while (await stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Patience))
                {
                    // A checkpoint.
                }
            });

            var endedAt = await redis.TimeAsync();
            Assert.Equal(ErrorReason.TokenExpired, ended.GetConnectionStateError().Reason);
            var refused = await Assert.ThrowsAsync<RpcException>(() => page.Pages.GetPageListAsync(new() { MerchantId = "shop-1" }).ResponseAsync);
            Assert.Equal(ErrorReason.TokenExpired, refused.GetConnectionStateError().Reason);
            Assert.InRange(issued.ExpiresAt.ToDateTimeOffset(), endedAt - Eventually.Patience, endedAt + TimeSpan.FromSeconds(1));
        }
    }

    private static ChildProcess Start(params string[] arguments) =>
        ChildProcess.Start("dotnet", Path.GetTempPath(), [ServerProcess.Assembly, .. arguments]);

    private static ConnectionStateClient NewClient(Uri address, string? token) =>
        new(new() { Address = address, ApiKey = token, MaxAttempts = 1, Deadline = Eventually.Patience });

    private async Task<string> MakeKeyAsync(string id, string scope)
    {
        var commands = Regex.Match(Repository.Read("docs/authentication.md"), @"```\n(secret=.*?)```", RegexOptions.Singleline).Groups[1].Value;
        await using var shell = ChildProcess.Start("bash", folder.Path, ["-ec", commands.Replace("billing-1", id, StringComparison.Ordinal)]);
        await shell.WaitForExitAsync();
        var made = Regex.Match(shell.Output, @"key:    (\S+)\nsha256: (\S+)");
        Assert.True(made.Success, shell.Output + shell.Errors);
        await File.WriteAllTextAsync(
            folder.File("keys.json"),
            $$"""{ "keys": [{ "id": "{{id}}", "sha256": "{{made.Groups[2].Value}}", "scopes": ["{{scope}}"] }] }""");
        return made.Groups[1].Value;
    }
}
