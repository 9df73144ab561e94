using System.Collections.Frozen;
using Google.Api;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Endpoint = Microsoft.AspNetCore.Http.Endpoint;

namespace ConnectionStateService.Rpc.Json;

/// <summary>Where the methods are served as JSON: the <c>google.api.http</c> options of the protos.</summary>
internal static class JsonRoutes
{
    private static readonly FrozenDictionary<string, string> ByMethod = ApiServices.All.SelectMany(service => service.Methods)
        .Where(method => method.GetOptions()?.HasExtension(AnnotationsExtensions.Http) == true)
        .ToFrozenDictionary(method => $"/{method.Service.FullName}/{method.Name}", method => Describe(method.GetOptions().GetExtension(AnnotationsExtensions.Http)));

    /// <summary>Returns the route of a method, such as <c>PUT /v1/merchants/{merchant_id}/plan</c>; null if it has none.</summary>
    public static string? Find(string method) => ByMethod.GetValueOrDefault(method);

    /// <summary>Whether an endpoint takes and answers JSON.</summary>
    public static bool IsJson(Endpoint? endpoint) => endpoint?.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>() is not null;

    private static string Describe(HttpRule rule) => rule.PatternCase switch
    {
        HttpRule.PatternOneofCase.Get => $"GET {rule.Get}",
        HttpRule.PatternOneofCase.Put => $"PUT {rule.Put}",
        HttpRule.PatternOneofCase.Post => $"POST {rule.Post}",
        _ => throw new NotSupportedException($"{rule.PatternCase}"),
    };
}
