using System.Net;
using System.Net.Http.Headers;
using System.Text;
using ConnectionStateService.Rpc.Json;
using ConnectionStateService.Tests.Auth;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Status = Google.Rpc.Status;

namespace ConnectionStateService.Tests.Rpc.Json;

/// <summary>The answer to a call in JSON: a message, or an error.</summary>
internal sealed record JsonAnswer(HttpStatusCode Http, HttpResponseHeaders Headers, string Body)
{
    /// <summary>The error.</summary>
    public Status Error => new JsonParser(JsonParser.Settings.Default.WithTypeRegistry(JsonErrors.Details)).Parse<Status>(Body);

    /// <summary>Its reason, or an empty text if it has none.</summary>
    public string Reason => Error.GetDetail<ErrorInfo>()?.Reason ?? "";

    public static async Task<JsonAnswer> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
            return new(response.StatusCode, response.Headers, await response.Content.ReadAsStringAsync());
        }
    }
}

/// <summary>Makes calls in JSON of any method, from the google.api.http option of its protos.</summary>
internal static class JsonCalls
{
    /// <summary>The methods that are served as JSON: all but streams.</summary>
    public static IReadOnlyList<MethodDescriptor> Methods { get; } = [.. RawCalls.Methods.Where(method => !method.IsServerStreaming && !IsForServicesOnly(method))];

    /// <summary>Whether a method is served on the gRPC port only.</summary>
    public static bool IsForServicesOnly(MethodDescriptor method) => method.Service.FullName == V1.FeedService.Descriptor.FullName;

    public static HttpRule? RuleOf(MethodDescriptor method) =>
        method.GetOptions() is { } options && options.HasExtension(AnnotationsExtensions.Http) ? options.GetExtension(AnnotationsExtensions.Http) : null;

    public static (HttpMethod Verb, string Path) RouteOf(HttpRule rule) => rule.PatternCase switch
    {
        HttpRule.PatternOneofCase.Get => (HttpMethod.Get, rule.Get),
        HttpRule.PatternOneofCase.Put => (HttpMethod.Put, rule.Put),
        HttpRule.PatternOneofCase.Post => (HttpMethod.Post, rule.Post),
        _ => throw new ArgumentException($"{rule.PatternCase}"),
    };

    /// <summary>The fields in the path of a rule, such as <c>page.page_id</c>.</summary>
    public static IEnumerable<string> FieldsInPath(HttpRule rule) =>
        RouteOf(rule).Path.Split('/').Where(part => part.StartsWith('{')).Select(part => part.Trim('{', '}'));

    public static async Task<JsonAnswer> CallAsync(HttpClient http, MethodDescriptor method, IMessage request, string? token = null)
    {
        using var call = NewRequest(method, request);
        if (token is not null)
        {
            call.Headers.Authorization = new("Bearer", token);
        }

        return await JsonAnswer.ReadAsync(await http.SendAsync(call));
    }

    public static async Task<JsonAnswer> SendAsync(
        HttpClient http, string verb, string path, string? body = null, string? contentType = "application/json")
    {
        using var call = new HttpRequestMessage(new(verb), path);
        if (body is not null)
        {
            call.Content = new ByteArrayContent(Encoding.Latin1.GetBytes(body));
            call.Content.Headers.TryAddWithoutValidation("content-type", contentType);
        }

        return await JsonAnswer.ReadAsync(await http.SendAsync(call));
    }

    public static HttpRequestMessage NewRequest(MethodDescriptor method, IMessage request)
    {
        var rule = RuleOf(method)!;
        var (verb, path) = RouteOf(rule);
        foreach (var field in FieldsInPath(rule))
        {
            path = path.Replace($"{{{field}}}", Uri.EscapeDataString(ValueOf(request, field.Split('.'))), StringComparison.Ordinal);
        }

        var call = new HttpRequestMessage(verb, path);
        if (rule.Body == "*")
        {
            call.Content = new StringContent(JsonFormatter.Default.Format(request), new MediaTypeHeaderValue("application/json"));
        }
        else
        {
            var parameters = Leaves(request, "").Where(leaf => !FieldsInPath(rule).Contains(leaf.Name))
                .Select(leaf => $"{leaf.Name}={Uri.EscapeDataString(leaf.Value)}");
            call.RequestUri = new($"{path}?{string.Join('&', parameters)}", UriKind.Relative);
        }

        return call;
    }

    private static string ValueOf(IMessage message, ReadOnlySpan<string> path)
    {
        var field = message.Descriptor.FindFieldByName(path[0]);
        var value = field.Accessor.GetValue(message);
        return path.Length == 1 ? TextOf(field, value) : value is IMessage nested ? ValueOf(nested, path[1..]) : "";
    }

    private static IEnumerable<(string Name, string Value)> Leaves(IMessage message, string prefix) => message.Descriptor.Fields.InDeclarationOrder()
        .Where(field => field.FieldType == FieldType.Message || !field.HasPresence || field.Accessor.HasValue(message))
        .Select(field => (Field: field, Value: field.Accessor.GetValue(message)))
        .Where(item => item.Value is not null)
        .SelectMany(item => item.Value is IMessage nested
            ? Leaves(nested, $"{prefix}{item.Field.Name}.")
            : [($"{prefix}{item.Field.Name}", TextOf(item.Field, item.Value))]);

    private static string TextOf(FieldDescriptor field, object value) =>
        field.FieldType == FieldType.Enum && field.EnumType.FindValueByNumber((int)value) is { } named ? named.Name
        : field.FieldType == FieldType.Enum ? FormattableString.Invariant($"{(int)value}")
        : FormattableString.Invariant($"{value}");
}
