using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Authentication.JwtBearer;
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
        auth.Replace = services => services.Configure<JwtBearerOptions>(
            JwtBearerDefaults.AuthenticationScheme, bearer => bearer.BackchannelHttpHandler = authority);
    }

    public Task InitializeAsync() => auth.InitializeAsync();

    public Task DisposeAsync() => auth.DisposeAsync();

    public void Dispose() => authority.Dispose();

    [Fact]
    public async Task Tokens_with_known_keys_are_accepted_while_the_authority_is_down()
    {
        Assert.Null(await CallAsync(auth.Tokens.New("pages.read", signedBy: authority.Signing)));

        authority.IsDown = true;

        // Another token with the same key, now and after the time for which keys are kept without asking.
        Assert.Null(await CallAsync(auth.Tokens.New("pages.read", lifetime: TimeSpan.FromMinutes(6), signedBy: authority.Signing)));
        auth.Clock.Advance(TimeSpan.FromDays(2));
        Assert.Null(await CallAsync(auth.Tokens.New("pages.read", signedBy: authority.Signing)));
    }

    [Fact]
    public async Task An_authority_that_never_answered_makes_calls_UNAVAILABLE_until_it_does()
    {
        authority.IsDown = true;
        var token = auth.Tokens.New("pages.read", signedBy: authority.Signing);
        Assert.Equal(ErrorReason.AuthorityUnavailable, await CallAsync(token));

        authority.IsDown = false;

        Assert.Null(await CallAsync(token));
    }

    [Fact]
    public async Task A_token_of_a_key_that_is_not_published_or_of_another_issuer_is_refused()
    {
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
        private readonly RsaSecurityKey key = new(RSA.Create(2048)) { KeyId = "key-1" };

        public bool IsDown { get; set; }

        public SigningCredentials Signing => new(key, SecurityAlgorithms.RsaSha256);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (IsDown)
            {
                throw new HttpRequestException("The authority is down.");
            }

            var parameters = key.Rsa.ExportParameters(includePrivateParameters: false);
            object answer = request.RequestUri!.AbsolutePath switch
            {
                "/.well-known/openid-configuration" => new { issuer = Tokens.Issuer, jwks_uri = $"{Tokens.Issuer}/keys" },
                _ => new
                {
                    keys = new[]
                    {
                        new { kty = "RSA", kid = "key-1", use = "sig", n = Base64UrlEncoder.Encode(parameters.Modulus), e = Base64UrlEncoder.Encode(parameters.Exponent) },
                    },
                },
            };
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent(JsonSerializer.Serialize(answer), Encoding.UTF8, "application/json"),
            });
        }

        protected override void Dispose(bool disposing)
        {
            key.Rsa.Dispose();
            base.Dispose(disposing);
        }
    }
}
