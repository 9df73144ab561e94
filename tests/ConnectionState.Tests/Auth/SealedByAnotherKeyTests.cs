using System.Security.Cryptography;
using ConnectionStateService.Auth;
using ConnectionStateService.Client;
using ConnectionStateService.Store;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ConnectionStateService.Tests.Auth;

/// <summary>Another process has sealed the signing keys in the store with a key that this process does not have.</summary>
public sealed class SealedByAnotherKeyTests : IAsyncLifetime
{
    private readonly AuthService auth = new();
    private readonly FakeLogger<SigningKeys> log = new();
    private readonly FakeLogger<MerchantTokenMaintenance> maintenanceLog = new();

    public SealedByAnotherKeyTests() => auth.Replace = services => services
        .AddSingleton<ILogger<SigningKeys>>(log).AddSingleton<ILogger<MerchantTokenMaintenance>>(maintenanceLog);

    public Task InitializeAsync() => auth.InitializeAsync();

    public Task DisposeAsync() => auth.DisposeAsync();

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task A_token_that_cannot_be_checked_is_refused_with_the_reason_and_those_of_known_keys_stay_valid(string transport)
    {
        var known = await auth.IssueAsync("shop-1");
        var (keys, foreign) = await SealByAnotherKeyAsync();

        for (var calls = 0; calls < 3; calls++)
        {
            auth.Clock.Advance(TimeSpan.FromSeconds(11));
            var failure = await FailAsync(transport, foreign);
            Assert.Equal(StatusCode.FailedPrecondition, failure!.StatusCode);
            Assert.Equal(ErrorReason.MerchantTokensDisabled, failure.GetConnectionStateError().Reason);
        }

        Assert.Null(await FailAsync(transport, known));
        var logged = Assert.Single(log.Collector.GetSnapshot(), record => record.Level == LogLevel.Error);
        Assert.Contains("Auth:MerchantTokens:SealingKeyFile", logged.Message, StringComparison.Ordinal);

        // The key is there again: the tokens are valid without a restart.
        await auth.Store.ReplaceSigningKeysAsync(await auth.Store.ReadSigningKeysAsync(CancellationToken.None), keys, CancellationToken.None);
        auth.Clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(ErrorReason.TokenInvalid, (await FailAsync(transport, foreign))!.GetConnectionStateError().Reason);
    }

    [Fact]
    public async Task The_maintenance_logs_it_once_although_revocations_can_be_read()
    {
        await SealByAnotherKeyAsync();
        for (var minute = 0; minute < 5; minute++)
        {
            var reads = 0;
            auth.Store.After = method =>
            {
                Interlocked.Add(ref reads, method == nameof(ITokenStore.ReadSigningKeysAsync) ? 1 : 0);
                return Task.CompletedTask;
            };
            await Support.Eventually.TrueAsync(() =>
            {
                auth.Clock.Advance(TimeSpan.FromSeconds(5));
                return Task.FromResult(Volatile.Read(ref reads) > 0);
            });
        }

        Assert.Single(maintenanceLog.Collector.GetSnapshot(), record => record.Level >= LogLevel.Warning);
    }

    // Returns the stored keys as they were, and a token that a key of the other process signed.
    private async Task<(byte[] Keys, string Token)> SealByAnotherKeyAsync()
    {
        Assert.Null(SealingKeys.Parse(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)), out var other));
        var set = SigningKeySet.Empty.RotateAt(auth.Clock.GetUtcNow(), TimeSpan.FromDays(30));
        var keys = await auth.Store.ReadSigningKeysAsync(CancellationToken.None);
        await auth.Store.ReplaceSigningKeysAsync(keys, other!.Seal(set.Encode(), "connectionstate signing keys"u8), CancellationToken.None);
        var token = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            TokenType = MerchantTokenFormat.Type,
            SigningCredentials = set.CredentialsAt(auth.Clock.GetUtcNow()),
            Expires = auth.Clock.GetUtcNow().AddMinutes(15).UtcDateTime,
        });
        return (keys, token);
    }

    private async Task<RpcException?> FailAsync(string transport, string token)
    {
        try
        {
            await new PageService.PageServiceClient(auth.Invoker(transport)).GetPageListAsync(new() { MerchantId = "shop-1" }, AuthService.Bearer(token));
            return null;
        }
        catch (RpcException e)
        {
            return e;
        }
    }
}
