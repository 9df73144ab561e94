using ConnectionStateService.Rpc;
using ConnectionStateService.Rpc.Json;
using ConnectionStateService.Telemetry;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Hosting;

/// <summary>The unary methods as plain HTTP with JSON, on the HTTP port.</summary>
internal static class JsonEndpoints
{
    /// <summary>Every path of the API in JSON.</summary>
    public const string Paths = "/v1/{**path}";

    /// <summary>Adds JSON transcoding. It adds a method provider for every service after that of gRPC.</summary>
    public static IGrpcServerBuilder AddJson(this IGrpcServerBuilder grpc) => grpc.AddJsonTranscoding(json =>
    {
        json.TypeRegistry = JsonErrors.Details;

        // As in the JSON mapping of Protocol Buffers.
        json.JsonSettings.WriteInt64sAsStrings = true;
    });

    /// <summary>Maps a service to its gRPC methods and to the routes in its protos.</summary>
    public static void MapRpc<TService>(this WebApplication app) where TService : class
    {
        var unreadable = app.Services.GetRequiredService<UnreadableRequests>();
        var maxSize = app.Services.GetRequiredService<IOptions<GrpcServiceOptions<TService>>>().Value.MaxReceiveMessageSize
            ?? app.Services.GetRequiredService<IOptions<GrpcServiceOptions>>().Value.MaxReceiveMessageSize!.Value;
        app.MapGrpcService<TService>().Add(endpoint =>
        {
            if (endpoint is { RequestDelegate: { } transcode } && endpoint.Metadata.OfType<GrpcJsonTranscodingMetadata>().FirstOrDefault() is { } route)
            {
                var method = endpoint.Metadata.OfType<GrpcMethodMetadata>().First().Method;
                var call = new JsonCall(transcode, method, route, maxSize, unreadable);
                endpoint.Metadata.Add(new CallName(method));
                endpoint.RequestDelegate = context => BoundEndpoints.IsGrpc(context) ? RefuseAsync(context) : call.InvokeAsync(context);
            }

            // Browsers cannot stream requests.
            if (endpoint.Metadata.OfType<GrpcMethodMetadata>().FirstOrDefault() is { Method.Type: MethodType.DuplexStreaming })
            {
                RefuseOnHttpPort(endpoint);
            }
        });
    }

    /// <summary>Maps a service for services only: the HTTP port, where browsers call, does not have it.</summary>
    public static void MapGrpcPortOnly<TService>(this WebApplication app) where TService : class =>
        app.MapGrpcService<TService>().Add(endpoint =>
        {
            if (endpoint.Metadata.OfType<GrpcMethodMetadata>().Any())
            {
                RefuseOnHttpPort(endpoint);
            }
        });

    /// <summary>Answers paths that are no method.</summary>
    public static void MapUnknownJson(this WebApplication app) => app.Map(Paths, RefuseAsync);

    private static void RefuseOnHttpPort(EndpointBuilder endpoint)
    {
        var serve = endpoint.RequestDelegate!;
        endpoint.RequestDelegate = context => BoundEndpoints.IsHttp(context) ? RefuseHttpPortAsync(context) : serve(context);
    }

    private static Task RefuseHttpPortAsync(HttpContext context) => CallAuthorization.WriteGrpcAsync(
        context.Response, new RpcException(new Status(StatusCode.Unimplemented, "This method is served on the gRPC port only, with gRPC.")));

    // On the gRPC port, browsers' requests are not checked (BrowserAccess).
    private static Task RefuseAsync(HttpContext context)
    {
        var message = BoundEndpoints.IsGrpc(context)
            ? "JSON is served on the HTTP port only. Call this port with gRPC."
            : $"No method is served at {context.Request.Method} {context.Request.Path}. Streams (WatchService) need gRPC or gRPC-Web. "
                + "docs/http-json.md lists the paths.";
        var failure = new RpcException(new Status(StatusCode.Unimplemented, message));
        var method = context.GetEndpoint()?.Metadata.GetMetadata<CallName>()?.Value ?? CallName.Other;
        context.RequestServices.GetRequiredService<Instruments>().CountRefusal(method, CallMeasurement.ReasonOrStatusOf(failure));
        return JsonErrors.WriteAsync(context.Response, failure, StatusCodes.Status404NotFound);
    }
}
