using System.Net;
using ConnectionStateService.Tests.Support;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;

namespace ConnectionStateService.Tests.Rpc.Json;

/// <summary>Every field of every request in JSON with every kind of invalid value: the answer is that of gRPC.</summary>
public sealed class JsonValidationTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>, IDisposable
{
    // JSON has no text for them.
    private static readonly string[] Inexpressible = ["out of range", "negative nanoseconds", "too many nanoseconds"];

    private readonly HttpClient http = fixture.Service.NewHttpClient();

    public static TheoryData<string> Methods => [.. JsonCalls.Methods.Select(method => method.Name)];

    public void Dispose() => http.Dispose();

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Each_invalid_field_is_named_in_a_violation(string name)
    {
        var method = JsonCalls.Methods.Single(method => method.Name == name);
        var inPath = JsonCalls.FieldsInPath(JsonCalls.RuleOf(method)!).ToList();
        foreach (var field in InvalidFields.Of(method.InputType).Where(field => !Inexpressible.Contains(field.Problem)))
        {
            var request = Sample(method);
            field.Apply(request);

            var answer = await JsonCalls.CallAsync(http, method, request);

            var what = $"{name}.{field.Path}, {field.Problem}: {answer.Http} {answer.Body}";
            if (field.Problem is "empty" or "missing" && inPath.Any(path => path == field.Path || path.StartsWith($"{field.Path}.", StringComparison.Ordinal)))
            {
                // Another path, which no method has.
                Assert.True(answer.Http == HttpStatusCode.NotFound, what);
                continue;
            }

            Assert.True((answer.Http, answer.Reason) == (HttpStatusCode.BadRequest, "INVALID_REQUEST"), what);
            Assert.True(
                answer.Error.GetDetail<BadRequest>()?.FieldViolations.Any(violation => violation.Field == field.Path) == true || IsUnreadable(field, answer), what);
        }
    }

    // The path and the parameters have the names of enum values, so another value cannot be read. The message names it.
    private static bool IsUnreadable(InvalidField field, JsonAnswer answer) =>
        field.Problem.StartsWith("number ", StringComparison.Ordinal)
        && answer.Error.Message.StartsWith($"The request cannot be read: Invalid value '{field.Problem["number ".Length..]}'", StringComparison.Ordinal);

    private static IMessage Sample(MethodDescriptor method) =>
        method.InputType.Parser.ParseFrom(SampleRequests.All.Single(request => request.Descriptor == method.InputType).ToByteArray());
}
