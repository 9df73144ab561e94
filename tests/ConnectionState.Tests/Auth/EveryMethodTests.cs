using System.Net;
using ConnectionStateService.Auth;
using ConnectionStateService.Client;
using ConnectionStateService.Tests.Rpc;
using ConnectionStateService.Tests.Rpc.Json;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace ConnectionStateService.Tests.Auth;

/// <summary>What every method withstands, over gRPC, gRPC-Web and JSON.</summary>
public sealed class EveryMethodTests(AuthService auth) : IClassFixture<AuthService>, IDisposable
{
    private const string Json = "JSON";
    private static readonly string[] Transports = ["gRPC", "gRPC-Web", Json];

    private readonly HttpClient http = auth.Service.NewHttpClient();

    public static TheoryData<string, string> Calls
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var transport in Transports)
            {
                foreach (var method in transport == Json ? JsonCalls.Methods : RawCalls.Methods)
                {
                    data.Add(transport, method.Name);
                }
            }

            return data;
        }
    }

    public void Dispose() => http.Dispose();

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_is_refused_without_a_valid_token(string transport, string name)
    {
        var method = MethodNamed(name);
        var valid = auth.Tokens.New(AllScopes);
        (string? Token, ErrorReason Reason, string? Problem)[] cases =
        [
            (null, ErrorReason.TokenMissing, null),
            (auth.Tokens.New(AllScopes, lifetime: TimeSpan.FromSeconds(-31)), ErrorReason.TokenExpired, null),
            (auth.Tokens.New(AllScopes, audience: "another-api"), ErrorReason.TokenInvalid, "AUDIENCE"),
            (auth.Tokens.New(AllScopes, issuer: "https://another.example"), ErrorReason.TokenInvalid, "ISSUER"),
            (Tokens.Unsigned(valid), ErrorReason.TokenInvalid, "ALGORITHM"),
            (auth.Tokens.New(AllScopes, signedBy: Tokens.PublicKeyAsSecret()), ErrorReason.TokenInvalid, "ALGORITHM"),
        ];

        foreach (var (token, reason, problem) in cases)
        {
            var failure = await FailAsync(transport, method, Sample(method), token);
            Assert.Equal((StatusCode.Unauthenticated, reason, problem), (failure.StatusCode, failure.Reason, failure.Metadata.GetValueOrDefault("problem")));
        }
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_is_refused_without_the_scope_and_accepted_with_it(string transport, string name)
    {
        var method = MethodNamed(name);
        var scope = ScopeNames.NameOf(ScopeTable.Methods[RawCalls.FullName(method)]);
        string[] without = [auth.Key(AuthService.Without(scope)), auth.Tokens.New(string.Join(' ', ScopeNames.All.Except([scope])))];
        string[] with = [auth.Key(AuthService.AllScopes), auth.Tokens.New(scope)];

        foreach (var token in without)
        {
            var failure = await FailAsync(transport, method, Sample(method), token);
            Assert.Equal(
                (StatusCode.PermissionDenied, ErrorReason.ScopeMissing, scope), (failure.StatusCode, failure.Reason, failure.Metadata["scope"]));
        }

        foreach (var token in with)
        {
            Assert.False(await IsRefusedAsync(transport, method, Sample(method), token));
        }
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_caller_for_one_merchant_is_refused_for_another_one_in_every_field_that_names_a_merchant(string transport, string name)
    {
        var method = MethodNamed(name);
        string[] tokens = [auth.Key(AuthService.OneMerchant), auth.Tokens.New(AllScopes, merchant: AuthService.OwnMerchant)];

        foreach (var token in tokens)
        {
            foreach (var request in WithOneForeignMerchant(method))
            {
                var failure = await FailAsync(transport, method, request, token);
                Assert.Equal((StatusCode.PermissionDenied, ErrorReason.MerchantNotAllowed), (failure.StatusCode, failure.Reason));
            }

            if (MerchantFields(method.InputType).Count > 0)
            {
                Assert.False(await IsRefusedAsync(transport, method, WithMerchant(method, AuthService.OwnMerchant), token));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task The_answer_for_a_foreign_merchant_does_not_tell_whether_it_exists(string transport, string name)
    {
        var method = MethodNamed(name);
        await RawCalls.CallAsync(
            auth.Grpc,
            MethodNamed(nameof(PlanService.PlanServiceClient.SetPlan)),
            new SetPlanRequest { MerchantId = "existing-shop", Plan = Plan.Standard },
            auth.Key(AuthService.AllScopes));

        var existing = await FailAsync(transport, method, WithMerchant(method, "existing-shop"), auth.Key(AuthService.OneMerchant));
        var unknown = await FailAsync(transport, method, WithMerchant(method, "unknown-shop"), auth.Key(AuthService.OneMerchant));

        Assert.Equal((existing.StatusCode, existing.Reason, existing.Message), (unknown.StatusCode, unknown.Reason, unknown.Message));
        Assert.Empty(existing.Metadata);
        Assert.Empty(unknown.Metadata);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task The_resume_token_of_another_merchant_is_refused(string transport, string name)
    {
        var method = MethodNamed(name);
        if (method.IsClientStreaming)
        {
            var add = new WatchPageListsRequest.Types.Add { MerchantId = AuthService.OwnMerchant, ResumeToken = ResumeToken.Encode("other-shop", default) };
            await AssertOtherMerchantsTokenAsync(transport, method, new WatchPageListsRequest { Adds = { add } });
            return;
        }

        if (method.InputType.FindFieldByName("resume_token") is not { } field)
        {
            return;
        }

        var request = WithMerchant(method, AuthService.OwnMerchant);
        method.InputType.FindFieldByName("after_revision")?.Accessor.Clear(request);
        field.Accessor.SetValue(request, ResumeToken.Encode("other-shop", default));

        await AssertOtherMerchantsTokenAsync(transport, method, request);
    }

    private async Task AssertOtherMerchantsTokenAsync(string transport, MethodDescriptor method, IMessage request)
    {
        var failure = await FailAsync(transport, method, request, auth.Key(AuthService.OneMerchant));

        Assert.Equal(
            (StatusCode.InvalidArgument, ErrorReason.ResumeTokenInvalid, "OTHER_MERCHANT"),
            (failure.StatusCode, failure.Reason, failure.Metadata["problem"]));
    }

    private static string AllScopes => string.Join(' ', ScopeNames.All);

    private static MethodDescriptor MethodNamed(string name) => RawCalls.Methods.Single(method => method.Name == name);

    private static IMessage Sample(MethodDescriptor method)
    {
        var sample = SampleRequests.All.Single(request => request.Descriptor == method.InputType);
        return method.InputType.Parser.ParseFrom(sample.ToByteArray());
    }

    // Every field whose name says that it is about a merchant, however deep.
    private static List<Action<IMessage, string>> MerchantFields(MessageDescriptor message) =>
    [
        .. message.Fields.InDeclarationOrder().Where(field => field.FieldType == FieldType.String && field.Name.Contains("merchant", StringComparison.Ordinal))
            .Select(field => (Action<IMessage, string>)((request, value) => field.Accessor.SetValue(request, value))),
        .. message.Fields.InDeclarationOrder().Where(field => field.FieldType == FieldType.Message).SelectMany(field => MerchantFields(field.MessageType)
            .Select(set => (Action<IMessage, string>)((request, value) => set(LastOf(field.Accessor.GetValue(request)), value)))),
    ];

    private static IMessage LastOf(object value) => value is System.Collections.IList list ? (IMessage)list[^1]! : (IMessage)value;

    private static IMessage WithMerchant(MethodDescriptor method, string merchantId)
    {
        var request = Sample(method);
        MerchantFields(method.InputType).ForEach(set => set(request, merchantId));
        return request;
    }

    // The own merchant in all fields but one; and a request that names no merchant, if it may.
    private static IEnumerable<IMessage> WithOneForeignMerchant(MethodDescriptor method)
    {
        var fields = MerchantFields(method.InputType);
        foreach (var set in fields)
        {
            var request = WithMerchant(method, AuthService.OwnMerchant);
            set(request, "other-shop");
            yield return request;
        }

        if (method.InputType.FindFieldByName("successes") is { } successes)
        {
            var request = (ReportSuccessRequest)WithMerchant(method, AuthService.OwnMerchant);
            request.Successes.Add(request.Successes[0].Clone());
            request.Successes[0].MerchantId = "other-shop";
            Assert.NotNull(successes);
            yield return request;
        }

        if (method.InputType.FindFieldByName("reports") is not null)
        {
            // A report of no merchant is for all of them, also beside one of the own merchant.
            var request = (ReportSignalsRequest)WithMerchant(method, AuthService.OwnMerchant);
            request.Reports.Add(request.Reports[0].Clone());
            request.Reports[1].ClearMerchantId();
            yield return request;
        }

        if (fields.Count == 0 || method.InputType.FindFieldByName("merchant_id") is { HasPresence: true })
        {
            var request = Sample(method);
            method.InputType.FindFieldByName("merchant_id")?.Accessor.Clear(request);
            yield return request;
        }
    }

    private async Task<ConnectionStateError> FailAsync(string transport, MethodDescriptor method, IMessage request, string? token) =>
        (await Assert.ThrowsAsync<RpcException>(() => CallAsync(transport, method, request, token))).GetConnectionStateError();

    private async Task<bool> IsRefusedAsync(string transport, MethodDescriptor method, IMessage request, string? token)
    {
        try
        {
            await CallAsync(transport, method, request, token);
            return false;
        }
        catch (RpcException e)
        {
            return e.StatusCode is StatusCode.Unauthenticated or StatusCode.PermissionDenied or StatusCode.Internal or StatusCode.Unknown;
        }
    }

    private async Task CallAsync(string transport, MethodDescriptor method, IMessage request, string? token)
    {
        if (transport != Json)
        {
            await RawCalls.CallAsync(auth.Invoker(transport), method, request, token);
            return;
        }

        var answer = await JsonCalls.CallAsync(http, method, request, token);
        if (answer.Http != HttpStatusCode.OK)
        {
            throw answer.Error.ToRpcException();
        }
    }
}
