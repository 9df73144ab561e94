using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ConnectionStateService.Auth;
using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;

namespace ConnectionStateService.Tests.Auth;

/// <summary>JWTs of an authority that publishes its keys.</summary>
public sealed class JwtAuthorityTests : IAsyncLifetime, IDisposable
{
    private readonly AuthService auth = new();
    private readonly FakeAuthority authority = new();

    public JwtAuthorityTests()
    {
        auth.Settings["Auth:Jwt:Authority"] = Tokens.Issuer;
        auth.Settings["Auth:Jwt:PublicKeyFile"] = "";
        auth.Settings["Auth:Jwt:Issuers:0"] = null;
        auth.Replace = services => services.AddHttpClient(JwtAuthorityKeys.HttpClientName).ConfigurePrimaryHttpMessageHandler(() => authority);
    }

    // Each test starts the service: it reads the keys then.
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => auth.DisposeAsync();

    public void Dispose() => authority.Dispose();

    [Fact]
    public async Task Tokens_with_known_keys_are_accepted_while_the_authority_is_down()
    {
        await auth.InitializeAsync();
        Assert.Null(await CallAsync(auth.Tokens.New("pages.read", signedBy: authority.Signing)));

        authority.IsDown = true;

        // Another token with the same key, now and after the keys should have been read again.
        Assert.Null(await CallAsync(auth.Tokens.New("pages.read", lifetime: TimeSpan.FromMinutes(6), signedBy: authority.Signing)));
        auth.Clock.Advance(TimeSpan.FromHours(23));
        Assert.Null(await CallAsync(auth.Tokens.New("pages.read", signedBy: authority.Signing)));

        // Not for ever: the authority may have withdrawn them.
        var old = auth.Tokens.New("pages.read", lifetime: TimeSpan.FromDays(3), signedBy: authority.Signing);
        Assert.Null(await CallAsync(old));
        auth.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(ErrorReason.AuthorityUnavailable, await CallAsync(auth.Tokens.New("pages.read", signedBy: authority.Signing)));
        Assert.Equal(ErrorReason.AuthorityUnavailable, await CallAsync(old));
        authority.IsDown = false;
        auth.Clock.Advance(TimeSpan.FromMinutes(5));
        await Eventually.TrueAsync(async () => await CallAsync(old) is null);
    }

    [Fact]
    public async Task A_withdrawn_key_ends_the_tokens_that_it_signed_and_their_streams_although_they_were_accepted_before()
    {
        await auth.InitializeAsync();
        var token = auth.Tokens.New("pages.read", lifetime: TimeSpan.FromHours(1), signedBy: authority.Signing);
        Assert.Null(await CallAsync(token));
        using var stream = new WatchService.WatchServiceClient(auth.Grpc).WatchPageList(new() { MerchantId = "m" }, AuthService.Bearer(token));
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));

        authority.Rotate();
        auth.Clock.Advance(TimeSpan.FromMinutes(5));

        var end = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20)))
            {
                // Checkpoints.
            }
        });
        Assert.Equal(ErrorReason.TokenRevoked, end.GetConnectionStateError().Reason);
        Assert.Equal(ErrorReason.TokenRevoked, await CallAsync(token));
        Assert.Null(await CallAsync(auth.Tokens.New("pages.read", signedBy: authority.Signing)));
    }

    [Fact]
    public async Task A_new_key_is_read_by_the_first_call_that_needs_it_and_unknown_keys_cause_one_read_per_minute()
    {
        await auth.InitializeAsync();
        Assert.Null(await CallAsync(auth.Tokens.New("pages.read", signedBy: authority.Signing)));
        authority.Rotate();
        auth.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Null(await CallAsync(auth.Tokens.New("pages.read", signedBy: authority.Signing)));

        var reads = authority.Reads;
        for (var calls = 0; calls < 5; calls++)
        {
            Assert.Equal(ErrorReason.TokenInvalid, await CallAsync(auth.Tokens.New("pages.read", signedBy: Tokens.OtherKey())));
        }

        Assert.Equal(reads, authority.Reads);
    }

    [Fact]
    public async Task Calls_share_one_read_of_the_keys_and_its_failure_is_the_answer_for_a_short_time()
    {
        var pending = authority.Pending = new TaskCompletionSource();
        await auth.InitializeAsync();
        var token = auth.Tokens.New("pages.read", signedBy: authority.Signing);
        var calls = Enumerable.Range(0, 20).Select(_ => CallAsync(token)).ToList();
        await Eventually.TrueAsync(() => Task.FromResult(authority.Reads > 0));

        pending.SetException(new HttpRequestException("The authority does not answer."));

        Assert.All(await Task.WhenAll(calls), reason => Assert.Equal(ErrorReason.AuthorityUnavailable, reason));
        Assert.Equal(ErrorReason.AuthorityUnavailable, await CallAsync(token));
        Assert.Equal(1, authority.Reads);
        authority.Pending = null;
        auth.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(await CallAsync(token));
    }

    [Fact]
    public async Task An_authority_that_never_answered_makes_calls_UNAVAILABLE_until_it_does()
    {
        authority.IsDown = true;
        await auth.InitializeAsync();
        var token = auth.Tokens.New("pages.read", signedBy: authority.Signing);
        Assert.Equal(ErrorReason.AuthorityUnavailable, await CallAsync(token));

        authority.IsDown = false;
        auth.Clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Null(await CallAsync(token));
    }

    [Fact]
    public async Task A_token_of_a_key_that_is_not_published_or_of_another_issuer_is_refused()
    {
        await auth.InitializeAsync();
        Assert.Equal(ErrorReason.TokenInvalid, await CallAsync(auth.Tokens.New("pages.read", signedBy: Tokens.OtherKey())));
        Assert.Equal(
            ErrorReason.TokenInvalid, await CallAsync(auth.Tokens.New("pages.read", issuer: "https://another.example", signedBy: authority.Signing)));
    }

    private async Task<ErrorReason?> CallAsync(string token)
    {
        try
        {
            await new PageService.PageServiceClient(auth.Grpc).GetPageListAsync(new() { MerchantId = "m" }, AuthService.Bearer(token));
            return null;
        }
        catch (RpcException e)
        {
            return e.GetConnectionStateError().Reason;
        }
    }

    private sealed class FakeAuthority : HttpMessageHandler
    {
        private volatile RsaSecurityKey key = new(RSA.Create(2048)) { KeyId = "key-1" };
        private int reads;

        public bool IsDown { get; set; }

        /// <summary>What answers wait for, or null.</summary>
        public TaskCompletionSource? Pending { get; set; }

        /// <summary>How often the configuration was asked for.</summary>
        public int Reads => Volatile.Read(ref reads);

        /// <summary>Replaces the key: the one before is not published any more.</summary>
        public void Rotate() => key = new(RSA.Create(2048)) { KeyId = "key-2" };

        public SigningCredentials Signing => new(key, SecurityAlgorithms.RsaSha256);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.AbsolutePath == "/.well-known/openid-configuration")
            {
                Interlocked.Increment(ref reads);
            }

            if (Pending is { } pending)
            {
                await pending.Task.WaitAsync(cancellationToken);
            }

            if (IsDown)
            {
                throw new HttpRequestException("The authority is down.");
            }

            var parameters = key.Rsa.ExportParameters(includePrivateParameters: false);
            object answer = request.RequestUri.AbsolutePath switch
            {
                "/.well-known/openid-configuration" => new { issuer = Tokens.Issuer, jwks_uri = $"{Tokens.Issuer}/keys" },
                _ => new
                {
                    keys = new[]
                    {
                        new { kty = "RSA", kid = key.KeyId, use = "sig", n = Base64UrlEncoder.Encode(parameters.Modulus), e = Base64UrlEncoder.Encode(parameters.Exponent) },
                    },
                },
            };
            return new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent(JsonSerializer.Serialize(answer), Encoding.UTF8, "application/json"),
            };
        }

        protected override void Dispose(bool disposing)
        {
            key.Rsa.Dispose();
            base.Dispose(disposing);
        }
    }
}
