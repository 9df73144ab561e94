using System.Net;
using ConnectionStateService.Auth;
using ConnectionStateService.Tests.Auth;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;

namespace ConnectionStateService.Tests.Rpc.Json;

/// <summary>Who may call what in JSON, as far as it differs from gRPC: <see cref="EveryMethodTests"/> has what is the same.</summary>
public sealed class JsonAuthorizationTests(AuthService auth) : IClassFixture<AuthService>, IDisposable
{
    private readonly HttpClient http = auth.Service.NewHttpClient();

    public static TheoryData<string> Calls => [.. JsonCalls.Methods.Select(method => method.Name)];

    public void Dispose() => http.Dispose();

    [Fact]
    public void Every_method_but_streams_has_a_path_of_its_own_and_changes_take_a_body()
    {
        var rules = RawCalls.Methods.Select(method => (Method: method, Rule: JsonCalls.RuleOf(method))).ToList();

        Assert.All(rules, item => Assert.Equal(item.Method.IsServerStreaming || JsonCalls.IsForServicesOnly(item.Method), item.Rule is null));
        var served = rules.Where(item => item.Rule is not null).ToList();
        Assert.Equal(served.Count, served.Select(item => JsonCalls.RouteOf(item.Rule!)).Distinct().Count());
        Assert.All(served, item => Assert.StartsWith("/v1/", JsonCalls.RouteOf(item.Rule!).Path, StringComparison.Ordinal));

        // A page of a foreign origin can send a GET, and a POST without a body, without asking first. Reads with lists in their requests have a body too.
        Assert.All(served, item => Assert.Equal(
            ScopeTable.Methods[RawCalls.FullName(item.Method)] is Scopes.PagesRead or Scopes.FleetRead && !item.Method.InputType.Fields.InDeclarationOrder().Any(f => f.IsRepeated)
                ? (HttpMethod.Get, "") : (JsonCalls.RouteOf(item.Rule!).Verb, "*"),
            (JsonCalls.RouteOf(item.Rule!).Verb, item.Rule!.Body)));
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_is_refused_without_a_valid_token_and_without_the_scope_and_served_with_it(string name)
    {
        var method = MethodNamed(name);
        var scope = ScopeNames.NameOf(ScopeTable.Methods[RawCalls.FullName(method)]);

        var anonymous = await JsonCalls.CallAsync(http, method, Sample(method));
        var unknown = await JsonCalls.CallAsync(http, method, Sample(method), "cs_unknown_key");
        var without = await JsonCalls.CallAsync(http, method, Sample(method), auth.Key(AuthService.Without(scope)));
        var withKey = await JsonCalls.CallAsync(http, method, Sample(method), auth.Key(AuthService.AllScopes));
        var withToken = await JsonCalls.CallAsync(http, method, Sample(method), auth.Tokens.New(scope));

        Assert.Equal((HttpStatusCode.Unauthorized, "TOKEN_MISSING", "Bearer"), (anonymous.Http, anonymous.Reason, $"{anonymous.Headers.WwwAuthenticate}"));
        Assert.Equal((HttpStatusCode.Unauthorized, "TOKEN_INVALID"), (unknown.Http, unknown.Reason));
        Assert.Equal((HttpStatusCode.Forbidden, "SCOPE_MISSING"), (without.Http, without.Reason));
        Assert.Equal(scope, without.Error.GetDetail<ErrorInfo>().Metadata["scope"]);
        Assert.All([withKey, withToken], answer => AssertServed(method, answer));
    }

    [Fact]
    public async Task The_merchant_in_the_path_counts_whatever_the_body_says()
    {
        using var call = new HttpRequestMessage(HttpMethod.Put, "/v1/merchants/other-shop/plan")
        {
            Content = new StringContent($$"""{"merchantId":"{{AuthService.OwnMerchant}}","plan":"PLAN_STANDARD"}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")),
        };
        call.Headers.Authorization = new("Bearer", auth.Key(AuthService.OneMerchant));

        var answer = await JsonAnswer.ReadAsync(await http.SendAsync(call));

        Assert.Equal((HttpStatusCode.Forbidden, "MERCHANT_NOT_ALLOWED"), (answer.Http, answer.Reason));
    }

    [Fact]
    public async Task The_history_names_the_caller()
    {
        var plan = new V1.SetPlanRequest { MerchantId = "audited", Plan = V1.Plan.Standard, BoughtPages = 1 };
        await JsonCalls.CallAsync(http, MethodNamed("SetPlan"), plan, auth.Key(AuthService.Without("act_as")));

        var answer = await JsonCalls.CallAsync(
            http, MethodNamed("ListChanges"), new V1.ListChangesRequest { MerchantId = "audited", Limit = 10 }, auth.Key(AuthService.AllScopes));

        var changes = JsonParser.Default.Parse<V1.ListChangesResponse>(answer.Body);
        Assert.Equal($"caller of {AuthService.Without("act_as")}", Assert.Single(changes.Changes).Actor);
    }

    private static MethodDescriptor MethodNamed(string name) => JsonCalls.Methods.Single(method => method.Name == name);

    private static IMessage Sample(MethodDescriptor method) => SampleRequests.All.Single(request => request.Descriptor == method.InputType);

    // A sample may be refused by the rules, since nothing is connected.
    private static void AssertServed(MethodDescriptor method, JsonAnswer answer)
    {
        if (answer.Http == HttpStatusCode.OK)
        {
            Assert.NotNull(JsonParser.Default.Parse(answer.Body, method.OutputType));
        }
        else
        {
            Assert.True(answer.Http is HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.Conflict, $"{answer.Http}: {answer.Body}");
            Assert.NotEqual("INVALID_REQUEST", answer.Reason);
            Assert.NotEqual("", answer.Reason);
        }
    }
}
