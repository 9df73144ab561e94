using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using ConnectionStateService.Auth;
using ConnectionStateService.Client;
using ConnectionStateService.Store;
using ConnectionStateService.V1;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Health = Grpc.Health.V1.Health;

namespace ConnectionStateService.Tests.Auth;

/// <summary>Which tokens and keys are valid, and what they stand for.</summary>
public sealed class CredentialTests(AuthService auth) : IClassFixture<AuthService>
{
    [Fact]
    public async Task A_token_that_is_not_valid_is_refused_with_the_problem()
    {
        var valid = auth.Tokens.New("pages.read");

        // The public key in the file has no id: a signature that does not match is one by an unknown key.
        (string Token, string Problem)[] cases =
        [
            (Tokens.Altered(valid), "UNKNOWN_KEY"),
            (valid[..^4] + "AAAA", "UNKNOWN_KEY"),
            (auth.Tokens.New("pages.read", signedBy: Tokens.OtherKey()), "UNKNOWN_KEY"),
            (auth.Tokens.New("pages.read", signedBy: Tokens.Signing(SecurityAlgorithms.RsaSha512)), "ALGORITHM"),
            (auth.Tokens.New("pages.read", type: "id_token+jwt"), "TYPE"),
            (auth.Tokens.New("pages.read", type: MerchantTokenFormat.Type), "ALGORITHM"),
            (auth.Tokens.New("pages.read", expires: false), "CLAIMS"),
            (auth.Tokens.New("pages.read", subject: ""), "CLAIMS"),
            (auth.Tokens.New("pages.read", subject: new string('a', 201)), "CLAIMS"),
            (auth.Tokens.New("pages.read", subject: "a\nb"), "CLAIMS"),
            (auth.Tokens.New("pages.read", validFrom: TimeSpan.FromSeconds(31)), "NOT_YET_VALID"),
            (auth.Tokens.New("pages.read", audience: null), "AUDIENCE"),
            (auth.Tokens.New("pages.read", issuer: null), "ISSUER"),
            ("nonsense", "MALFORMED"),
            ("a.b.c", "MALFORMED"),
            ("ạạạ", "MALFORMED"),
            (new string('a', CallerCache.MaxTokenLength + 1), "MALFORMED"),
            ("cs_", "UNKNOWN_KEY"),
            ("cs_all_short", "UNKNOWN_KEY"),
            ("cs_nobody_" + auth.Key(AuthService.AllScopes)[7..], "UNKNOWN_KEY"),
            (auth.Key(AuthService.AllScopes)[..^1], "UNKNOWN_KEY"),
            (auth.Key(AuthService.AllScopes) + "a", "UNKNOWN_KEY"),
            ("cs_all_" + auth.Key(AuthService.OneMerchant)[^43..], "UNKNOWN_KEY"),
        ];

        Assert.Null(await FailAsync(valid));
        foreach (var (token, problem) in cases)
        {
            var failure = await FailAsync(token);
            Assert.Equal((ErrorReason.TokenInvalid, problem), (failure!.Reason, failure.Metadata["problem"]));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("Basic dXNlcjpwYXNz")]
    [InlineData("Bearer")]
    public async Task A_header_without_a_token_counts_as_none(string header)
    {
        using var http = auth.Service.NewHttpClient();
        using var call = new HttpRequestMessage(HttpMethod.Post, "/connectionstate.v1.PageService/GetPageList")
        {
            Content = new ByteArrayContent([0, 0, 0, 0, 3, 10, 1, (byte)'m']) { Headers = { ContentType = new("application/grpc-web+proto") } },
        };
        call.Headers.TryAddWithoutValidation("authorization", header);

        using var response = await http.SendAsync(call);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/grpc-web", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("16", Assert.Single(response.Headers.GetValues("grpc-status")));
    }

    [Fact]
    public async Task A_token_is_accepted_within_the_clock_skew()
    {
        Assert.Null(await FailAsync(auth.Tokens.New("pages.read", lifetime: TimeSpan.FromSeconds(-29))));
        Assert.Null(await FailAsync(auth.Tokens.New("pages.read", validFrom: TimeSpan.FromSeconds(29))));
    }

    [Fact]
    public async Task A_token_with_an_empty_list_of_merchants_is_for_none()
    {
        var failure = await FailAsync(auth.Tokens.New("pages.read", merchant: Array.Empty<string>()));

        Assert.Equal(ErrorReason.MerchantNotAllowed, failure?.Reason);
    }

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task Anybody_may_check_the_health_but_a_watch_of_it_needs_the_scope(string transport)
    {
        var health = new Health.HealthClient(auth.Invoker(transport));
        await health.CheckAsync(new());

        using var anonymous = health.Watch(new());
        using var forbidden = health.Watch(new(), AuthService.Bearer(auth.Key(AuthService.Without("probes"))));
        using var allowed = health.Watch(new(), AuthService.Bearer(auth.Tokens.New("probes")));

        Assert.Equal(ErrorReason.TokenMissing, await ReasonAsync(anonymous));
        Assert.Equal(ErrorReason.ScopeMissing, await ReasonAsync(forbidden));
        Assert.True(await allowed.ResponseStream.MoveNext(CancellationToken.None));

        static async Task<ErrorReason> ReasonAsync(AsyncServerStreamingCall<HealthCheckResponse> watch) =>
            (await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(CancellationToken.None))).GetConnectionStateError().Reason;
    }

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task Too_much_metadata_is_refused_in_every_service_and_before_the_token_is_looked_at(string transport)
    {
        var metadata = new Metadata { { "x-large", new string('x', 16 * 1024) } };
        var health = new Health.HealthClient(auth.Invoker(transport));
        var pages = new PageService.PageServiceClient(auth.Invoker(transport));
        Func<Task>[] calls =
        [
            async () => await health.CheckAsync(new(), metadata),
            async () => await pages.GetPageListAsync(new() { MerchantId = "m" }, metadata),
        ];

        foreach (var call in calls)
        {
            var failure = await Assert.ThrowsAsync<RpcException>(call);
            Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
            Assert.EndsWith("At most 16384 are allowed.", failure.Status.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_merchant_token_with_an_unknown_key_is_UNAVAILABLE_while_the_store_does_not_answer()
    {
        await using var other = new AuthService();
        await other.InitializeAsync();
        other.Store.Before = _ => throw new StoreUnavailableException("an outage");

        // The keys were read at start, and are not read again at once.
        other.Clock.Advance(TimeSpan.FromSeconds(11));
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await GetAsync(other, await auth.IssueAsync("shop-1")));

        Assert.Equal(
            (StatusCode.Unavailable, ErrorReason.StoreUnavailable), (failure.StatusCode, failure.GetConnectionStateError().Reason));
    }

    [Fact]
    public async Task A_token_that_was_accepted_before_is_refused_after_its_expiry()
    {
        await using var other = new AuthService();
        await other.InitializeAsync();
        var token = other.Tokens.New("pages.read", lifetime: TimeSpan.FromMinutes(1));
        await GetAsync(other, token);

        other.Clock.Advance(TimeSpan.FromSeconds(90));

        var failure = await Assert.ThrowsAsync<RpcException>(() => GetAsync(other, token));
        Assert.Equal(ErrorReason.TokenExpired, failure.GetConnectionStateError().Reason);
    }

    [Fact]
    public async Task The_actor_is_the_caller_unless_the_caller_may_act_for_others()
    {
        Assert.Equal("Lan in the shop", await ActorAsync("shop-a", await auth.IssueAsync("shop-a"), "somebody else"));
        Assert.Equal("Lan in the shop", await ActorAsync("shop-a", await auth.IssueAsync("shop-a"), ""));
        Assert.Equal("service-9", await ActorAsync("shop-a", auth.Tokens.New("pages.write"), "somebody else"));
        Assert.Equal("caller of without-act-as", await ActorAsync("shop-a", auth.Key(AuthService.Without("act_as")), "somebody else"));
        Assert.Equal("somebody else", await ActorAsync("shop-a", auth.Tokens.New("pages.write act_as"), "somebody else"));
        Assert.Equal("service-9", await ActorAsync("shop-a", auth.Tokens.New("pages.write act_as"), ""));
    }

    [Fact]
    public async Task The_presets_allow_what_a_screen_and_a_reader_need_and_nothing_a_connector_does()
    {
        foreach (var (preset, expected) in new[] { (TokenPreset.Screen, "pages.read pages.write"), (TokenPreset.ReadOnly, "pages.read") })
        {
            var token = new JsonWebToken(await auth.IssueAsync("shop-b", preset));
            Assert.Equal(expected, token.GetPayloadValue<string>("scope"));
        }

        Assert.Equal(Scopes.ConnectWrite, ScopeTable.Methods["/connectionstate.v1.ConnectService/Grant"]);
    }

    [Fact]
    public async Task A_merchant_token_lives_as_long_as_asked_and_at_most_15_minutes()
    {
        var now = auth.Clock.GetUtcNow().UtcDateTime;

        Assert.Equal(now + TimeSpan.FromSeconds(5), new JsonWebToken(await auth.IssueAsync("shop-b", lifetime: TimeSpan.FromSeconds(5))).ValidTo);
        Assert.Equal(now + TimeSpan.FromMinutes(15), new JsonWebToken(await auth.IssueAsync("shop-b")).ValidTo);
        await Assert.ThrowsAsync<RpcException>(() => auth.IssueAsync("shop-b", lifetime: TimeSpan.FromSeconds(901)));
    }

    [Fact]
    public async Task A_merchant_token_can_be_verified_with_the_published_keys()
    {
        using var http = auth.Service.NewHttpClient();
        var published = await http.GetStringAsync(new Uri("/.well-known/jwks.json", UriKind.Relative));
        Assert.DoesNotContain("\"d\"", published, StringComparison.Ordinal);

        var result = await new JsonWebTokenHandler().ValidateTokenAsync(await auth.IssueAsync("shop-c"), new TokenValidationParameters
        {
            IssuerSigningKeys = JsonWebKeySet.Create(published).GetSigningKeys(),
            ValidIssuer = "connectionstate",
            ValidAudience = "connectionstate",
            ValidAlgorithms = ["ES256"],
            ValidateLifetime = false,
        });

        Assert.True(result.IsValid, result.Exception?.Message);
    }

    [Fact]
    public async Task A_merchant_token_that_the_service_did_not_sign_is_refused()
    {
        var issued = new JsonWebToken(await auth.IssueAsync("shop-d"));
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        var forged = new JsonWebTokenHandler().CreateToken(
            JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement>(Base64UrlEncoder.Decode(issued.EncodedPayload))),
            new SigningCredentials(new ECDsaSecurityKey(foreign) { KeyId = issued.Kid }, SecurityAlgorithms.EcdsaSha256),
            new Dictionary<string, object> { ["typ"] = MerchantTokenFormat.Type });

        Assert.Equal("SIGNATURE", (await FailAsync(forged, "shop-d"))!.Metadata["problem"]);
    }

    [Theory]
    [InlineData("/health/live", false)]
    [InlineData("/health/ready", false)]
    [InlineData("/", false)]
    [InlineData("/console/config.json", false)]
    [InlineData("/.well-known/jwks.json", false)]
    [InlineData("/health/ready", true)]
    public async Task HTTP_endpoints_answer_without_a_token_unless_probes_are_protected(string path, bool protects)
    {
        var service = auth;
        if (protects)
        {
            service = new AuthService();
            service.Settings["Auth:AnonymousProbes"] = "false";
            await service.InitializeAsync();
        }

        using var http = service.Service.NewHttpClient();
        using var anonymous = await http.GetAsync(new Uri(path, UriKind.Relative));
        Assert.Equal(protects ? HttpStatusCode.Unauthorized : HttpStatusCode.OK, anonymous.StatusCode);
        if (!protects)
        {
            return;
        }

        foreach (var (key, expected) in new[] { (AuthService.Without("probes"), HttpStatusCode.Forbidden), (AuthService.AllScopes, HttpStatusCode.OK) })
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", service.Key(key));
            using var response = await http.GetAsync(new Uri(path, UriKind.Relative));
            Assert.Equal(expected, response.StatusCode);
        }

        await service.DisposeAsync();
    }

    [Fact]
    public async Task Refused_calls_are_counted_by_reason()
    {
        var counted = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "connectionstate.authentication.failures")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            lock (counted)
            {
                counted.AddRange(Enumerable.Repeat($"{tags[0].Key}={tags[0].Value}", (int)count));
            }
        });
        listener.Start();

        await FailAsync("nonsense");
        await FailAsync(auth.Key(AuthService.Without("pages.read")));
        await FailAsync(auth.Key(AuthService.OneMerchant), "shop-e");

        lock (counted)
        {
            Assert.Superset(new HashSet<string> { "error.type=TOKEN_INVALID", "error.type=SCOPE_MISSING", "error.type=MERCHANT_NOT_ALLOWED" }, counted.ToHashSet());
        }
    }

    [Fact]
    public async Task Without_a_sealing_key_no_merchant_tokens_are_issued_or_accepted()
    {
        await using var other = new AuthService();
        other.Settings["Auth:MerchantTokens:SealingKeyFile"] = "";
        await other.InitializeAsync();

        var failure = (await Assert.ThrowsAsync<RpcException>(() => other.IssueAsync("shop-f"))).GetConnectionStateError();
        Assert.Equal((StatusCode.FailedPrecondition, ErrorReason.MerchantTokensDisabled), (failure.StatusCode, failure.Reason));
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await GetAsync(other, await auth.IssueAsync("shop-f")));
        Assert.Equal("UNKNOWN_KEY", refused.GetConnectionStateError().Metadata["problem"]);
        using var http = other.Service.NewHttpClient();
        Assert.Equal("{\"keys\":[]}", await http.GetStringAsync(new Uri("/.well-known/jwks.json", UriKind.Relative)));
    }

    private static async Task GetAsync(AuthService service, string token) => await new PageService.PageServiceClient(service.Grpc).GetPageListAsync(
        new() { MerchantId = "shop-1" }, AuthService.Bearer(token));

    private async Task<ConnectionStateError?> FailAsync(string token, string merchantId = "shop-1")
    {
        try
        {
            await new PageService.PageServiceClient(auth.GrpcWeb).GetPageListAsync(new() { MerchantId = merchantId }, AuthService.Bearer(token));
            return null;
        }
        catch (RpcException e)
        {
            return e.GetConnectionStateError();
        }
    }

    // The actor in the history of what a call has changed.
    private async Task<string> ActorAsync(string merchantId, string token, string actor)
    {
        var session = await new ConnectService.ConnectServiceClient(auth.Grpc).BeginConnectAsync(
            new() { MerchantId = merchantId, Provider = Provider.Zalo, Actor = actor }, AuthService.Bearer(token));
        var history = await new PageService.PageServiceClient(auth.Grpc).ListChangesAsync(
            new() { MerchantId = merchantId, AfterRevision = session.PageList.Revision - 1, Limit = 10 },
            AuthService.Bearer(auth.Key(AuthService.AllScopes)));
        return history.Changes[^1].Actor;
    }
}
