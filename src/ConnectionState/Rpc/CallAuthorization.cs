using System.Diagnostics;
using System.Net;
using ConnectionStateService.Auth;
using ConnectionStateService.Rpc.Json;
using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace ConnectionStateService.Rpc;

/// <summary>
/// Refuses calls with too much metadata, authenticates every request, and refuses what its caller has no scope for before anything of it is read. What
/// is not in <see cref="ScopeTable"/> is denied. CallInterceptor checks the merchant, which the message names.
/// </summary>
internal sealed partial class CallAuthorization(
    RequestDelegate next, Authenticator authenticator, IOptions<AuthOptions> options, Instruments instruments, ILogger<CallAuthorization> logger)
{
    private const string GrpcContentType = "application/grpc";

    // The routes of Grpc.AspNetCore for methods that do not exist.
    private const string UnimplementedParameter = "unimplemented";

    private readonly bool anonymousProbes = options.Value.AnonymousProbes;

    public Task InvokeAsync(HttpContext context)
    {
        var found = context.GetEndpoint();
        var isGrpc = IsGrpc(context.Request);
        if (!isGrpc && FindGrpcMethod(found) is { } method)
        {
            return RefuseProtocolAsync(context, method);
        }

        if ((isGrpc || JsonRoutes.IsJson(found)) && MetadataSize.IsExceeded(context.Request.Headers, out var size))
        {
            return RefuseAsync(context, RpcErrors.MetadataTooLarge(size));
        }

        // Without an endpoint, the answer is 404.
        if (found is not { } endpoint || !authenticator.IsRequired)
        {
            context.User = authenticator.IsRequired ? Caller.Anonymous : Caller.Everybody;
            return next(context);
        }

        var needed = NeededBy(endpoint);
        if (needed == Scopes.None || (needed == Scopes.Probes && anonymousProbes && !IsStream(endpoint)))
        {
            context.User = Caller.Anonymous;
            return next(context);
        }

        var authentication = authenticator.AuthenticateAsync(context);
        return authentication.IsCompletedSuccessfully
            ? ContinueAsync(context, authentication.Result, needed)
            : AwaitAsync(context, authentication, needed);
    }

    private async Task AwaitAsync(HttpContext context, ValueTask<AuthResult> authentication, Scopes? needed)
    {
        AuthResult result;
        try
        {
            result = await authentication;
        }
        catch (StoreUnavailableException e)
        {
            // The key of a merchant token was looked for in the store.
            Log.StoreUnavailable(logger, context.Request.Path, e);
            await RefuseAsync(context, RpcErrors.ToException(e));
            return;
        }

        await ContinueAsync(context, result, needed);
    }

    private Task ContinueAsync(HttpContext context, AuthResult result, Scopes? needed)
    {
        if (result.Caller is not { } caller)
        {
            return RefuseAsync(context, result.Fault!);
        }

        if (needed is not { } scopes)
        {
            return RefuseAsync(context, new AuthFault.ScopeMissing("none"));
        }

        if (!caller.Has(scopes))
        {
            return RefuseAsync(context, new AuthFault.ScopeMissing(ScopeNames.NameOf(scopes)));
        }

        context.User = caller;
        return next(context);
    }

    /// <summary>Whether a request is a call with gRPC, or with gRPC-Web, which is translated before.</summary>
    public static bool IsGrpc(HttpRequest request) =>
        request.ContentType?.StartsWith(GrpcContentType, StringComparison.OrdinalIgnoreCase) == true;

    // Endpoints of methods in JSON have this metadata too.
    private static IMethod? FindGrpcMethod(Endpoint? endpoint) =>
        endpoint?.Metadata.GetMetadata<GrpcMethodMetadata>() is { } called && !JsonRoutes.IsJson(endpoint) ? called.Method : null;

    // A stream stays open as long as its caller wants, so that anybody could open any number.
    private static bool IsStream(Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is { Method.Type: not MethodType.Unary };

    // Null: denied. No scope: for everybody.
    private static Scopes? NeededBy(Endpoint endpoint)
    {
        if (endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is { } called)
        {
            return ScopeTable.Methods.TryGetValue(called.Method.FullName, out var scopes) ? scopes : null;
        }

        // A method that does not exist does nothing: UNIMPLEMENTED is the more useful answer.
        return endpoint is not RouteEndpoint { RoutePattern: var pattern } ? null
            : pattern.Parameters.Any(parameter => parameter.Name.StartsWith(UnimplementedParameter, StringComparison.Ordinal)) ? Scopes.None
            : ScopeTable.Routes.TryGetValue(pattern.RawText ?? "", out var needed) ? needed
            : null;
    }

    private Task RefuseAsync(HttpContext context, AuthFault fault)
    {
        var reason = RpcErrors.ReasonOf(fault);
        if (fault is not AuthFault.AuthorityUnavailable)
        {
            instruments.CountAuthenticationFailure(RpcErrors.ToWireName(reason));
        }

        Log.Refused(logger, context.Request.Path, RpcErrors.ToWireName(reason), (fault as AuthFault.TokenInvalid)?.Problem);
        return WriteAsync(context, RpcErrors.ToException(fault));
    }

    private Task RefuseAsync(HttpContext context, RpcException failure)
    {
        instruments.CountRefusal(context.GetEndpoint()?.Metadata.GetMetadata<CallName>()?.Value ?? CallName.Other, CallMeasurement.ReasonOrStatusOf(failure));
        return WriteAsync(context, failure);
    }

    private static Task WriteAsync(HttpContext context, RpcException failure) =>
        IsGrpc(context.Request) ? WriteGrpcAsync(context.Response, failure)
            : JsonRoutes.IsJson(context.GetEndpoint()) ? WriteJsonAsync(context.Response, failure)
            : WriteHttpAsync(context.Response, failure);

    // Of these, only too much metadata is RESOURCE_EXHAUSTED.
    private static Task WriteJsonAsync(HttpResponse response, RpcException failure) => JsonErrors.WriteAsync(
        response, failure, failure.StatusCode is StatusCode.ResourceExhausted ? StatusCodes.Status431RequestHeaderFieldsTooLarge : null);

    /// <summary>Answers a call with gRPC by a failure.</summary>
    /// <remarks>Without a message, status and trailers are in the headers. gRPC-Web is translated on the way out.</remarks>
    public static Task WriteGrpcAsync(HttpResponse response, RpcException failure)
    {
        response.ContentType = GrpcContentType;
        response.Headers.GrpcStatus = ((int)failure.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        response.Headers.GrpcMessage = Uri.EscapeDataString(failure.Status.Detail).Replace("%20", " ", StringComparison.Ordinal);
        foreach (var trailer in failure.Trailers.Where(trailer => trailer.IsBinary))
        {
            response.Headers[trailer.Key] = Convert.ToBase64String(trailer.ValueBytes);
        }

        return Task.CompletedTask;
    }

    // As an error of the Connect protocol, so that its clients show the message.
    private Task RefuseProtocolAsync(HttpContext context, IMethod method)
    {
        instruments.CountRefusal(CallName.Of(method), CallMeasurement.NameOf(StatusCode.Unimplemented));
        context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
        return context.Response.WriteAsJsonAsync(new { code = "unimplemented", message = RpcErrors.ProtocolUnsupported(JsonRoutes.Find(method.FullName)) });
    }

    private static Task WriteHttpAsync(HttpResponse response, RpcException failure)
    {
        response.StatusCode = (int)(failure.StatusCode switch
        {
            StatusCode.Unauthenticated => HttpStatusCode.Unauthorized,
            StatusCode.PermissionDenied => HttpStatusCode.Forbidden,
            StatusCode.Unavailable or StatusCode.FailedPrecondition => HttpStatusCode.ServiceUnavailable,
            _ => throw new UnreachableException(),
        });
        if (failure.StatusCode == StatusCode.Unauthenticated)
        {
            response.Headers[HeaderNames.WWWAuthenticate] = "Bearer";
        }

        response.ContentType = "text/plain; charset=utf-8";
        return response.WriteAsync(failure.Status.Detail + "\n");
    }

    private static partial class Log
    {
        [LoggerMessage(2021, LogLevel.Debug, "Refused a request to {Path}: {Reason} {Problem}.")]
        public static partial void Refused(ILogger logger, string path, string reason, TokenProblem? problem);

        [LoggerMessage(2022, LogLevel.Warning, "A request to {Path} cannot be authenticated: the store does not answer.")]
        public static partial void StoreUnavailable(ILogger logger, string path, Exception exception);
    }
}
