using ConnectionStateService.Auth;
using ConnectionStateService.Rpc;
using ConnectionStateService.Tests.Support;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionStateService.Tests.Auth;

/// <summary>ScopeTable has every method and endpoint; what it does not have is denied.</summary>
public sealed class ScopeTableTests
{
    [Fact]
    public async Task Every_method_and_endpoint_is_in_the_table()
    {
        await using var auth = new AuthService { Environment = "Development" };
        await auth.InitializeAsync();
        var endpoints = auth.Service.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().ToList();

        var methods = endpoints.Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.FullName).OfType<string>().Distinct().ToList();
        var routes = endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is null)
            .Select(endpoint => endpoint.RoutePattern.RawText!).Where(route => !route.Contains("unimplemented", StringComparison.Ordinal)).Distinct().ToList();

        Assert.Equal(ScopeTable.Methods.Keys.Order(StringComparer.Ordinal), methods.Order(StringComparer.Ordinal));

        // The endpoint for metrics is there if it is configured.
        Assert.Equal(ScopeTable.Routes.Keys.Except(["/metrics"]).Order(StringComparer.Ordinal), routes.Except(["/metrics"]).Order(StringComparer.Ordinal));
        Assert.Superset(RawCalls.Methods.Select(RawCalls.FullName).ToHashSet(), methods.ToHashSet());
    }

    [Fact]
    public void Every_scope_has_a_name_that_can_be_read_back() => Assert.All(
        Enum.GetValues<Scopes>().Except([Scopes.None, Scopes.All]), scope => Assert.Equal(scope, ScopeNames.Parse(ScopeNames.NameOf(scope))));

    [Fact]
    public void The_table_in_the_docs_matches() => GeneratedDoc.AssertPartCurrent(
        "docs/authentication.md",
        "scopes",
        [
            "| scope | allows |",
            "|---|---|",
            .. ScopeNames.All.Select(name => $"| `{name}` | {Allowed(ScopeNames.Parse(name))} |"),
            $"| none | {Join(ScopeTable.Routes.Where(route => route.Value == Scopes.None).Select(route => route.Key))}, and the files of the console |",
        ]);

    [Theory]
    [InlineData("method")]
    [InlineData("route")]
    public async Task What_is_not_in_the_table_is_denied_also_to_a_caller_with_every_scope(string kind)
    {
        await using var auth = new AuthService();
        await auth.InitializeAsync();
        var isReached = false;
        var authorization = ActivatorUtilities.CreateInstance<CallAuthorization>(
            auth.Service.Services,
            (RequestDelegate)(_ =>
            {
                isReached = true;
                return Task.CompletedTask;
            }));
        var bytes = new Marshaller<byte[]>(value => value, value => value);
        var forgotten = new GrpcMethodMetadata(typeof(object), new Method<byte[], byte[]>(MethodType.Unary, "connectionstate.v1.PageService", "Forgotten", bytes, bytes));
        var context = new DefaultHttpContext { RequestServices = auth.Service.Services };
        context.Request.ContentType = kind == "method" ? "application/grpc" : "text/plain";
        context.Request.Headers.Authorization = $"Bearer {auth.Key(AuthService.AllScopes)}";
        context.SetEndpoint(new RouteEndpoint(
            _ => Task.CompletedTask, RoutePatternFactory.Parse("/forgotten"), 0, new EndpointMetadataCollection(kind == "method" ? [forgotten] : []), null));

        await authorization.InvokeAsync(context);

        Assert.False(isReached);
        Assert.Equal(kind == "method" ? (200, "7") : (403, ""), (context.Response.StatusCode, context.Response.Headers.GrpcStatus.ToString()));
    }

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task A_method_that_does_not_exist_is_unimplemented(string transport)
    {
        await using var auth = new AuthService();
        await auth.InitializeAsync();
        var bytes = new Marshaller<byte[]>(value => value, value => value);
        var unknown = new Method<byte[], byte[]>(MethodType.Unary, "connectionstate.v1.PageService", "Nothing", bytes, bytes);

        using var call = auth.Invoker(transport).AsyncUnaryCall(unknown, null, new CallOptions(), []);
        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);

        Assert.Equal(StatusCode.Unimplemented, failure.StatusCode);
    }

    private static string Allowed(Scopes scope) => scope switch
    {
        Scopes.ActAs => "to name the `actor` of a request; otherwise it is the caller",
        _ => Join(
        [
            .. ScopeTable.Methods.Where(method => method.Value == scope).GroupBy(method => method.Key.Split('/')[1].Split('.')[^1])
                .OrderBy(service => service.Key, StringComparer.Ordinal)
                .SelectMany(service => service.Select(method => $"{service.Key}.{method.Key.Split('/')[2]}").Order(StringComparer.Ordinal)).Distinct(),
            .. ScopeTable.Routes.Where(route => route.Value == scope).Select(route => route.Key).Order(StringComparer.Ordinal),
        ]),
    };

    private static string Join(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"`{name}`"));
}
