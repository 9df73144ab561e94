using System.Text.Json;
using ConnectionStateService.Auth;
using ConnectionStateService.Tests.Auth;
using ConnectionStateService.Tests.Support;
using Microsoft.OpenApi.Readers;

namespace ConnectionStateService.Tests.Rpc.Json;

/// <summary>docs/openapi.json is what the protos say.</summary>
public sealed class OpenApiTests
{
    [Fact]
    public void The_document_matches_the_protos() => GeneratedDoc.AssertCurrent("openapi.json", OpenApi.Write().Split('\n'));

    [Fact]
    public void The_table_of_paths_in_the_docs_matches() => GeneratedDoc.AssertPartCurrent(
        "docs/http-json.md",
        "paths",
        [
            "| method | path | scope |",
            "|---|---|---|",
            .. JsonCalls.Methods.Select(method => (Method: method, Route: JsonCalls.RouteOf(JsonCalls.RuleOf(method)!)))
                .OrderBy(item => item.Route.Path, StringComparer.Ordinal)
                .Select(item => $"| `{item.Method.Service.Name}.{item.Method.Name}` | `{item.Route.Verb} {item.Route.Path}` "
                    + $"| `{ScopeNames.NameOf(ScopeTable.Methods[RawCalls.FullName(item.Method)])}` |"),
        ]);

    [Fact]
    public void The_document_is_valid_OpenAPI()
    {
        new OpenApiStringReader().Read(OpenApi.Write(), out var diagnostic);

        Assert.Empty(diagnostic.Errors.Concat(diagnostic.Warnings).Select(problem => problem.ToString()));
    }

    [Fact]
    public void Every_reference_has_a_schema_and_every_schema_is_used()
    {
        using var document = JsonDocument.Parse(OpenApi.Write());
        var schemas = document.RootElement.GetProperty("components").GetProperty("schemas").EnumerateObject().Select(schema => schema.Name);

        Assert.Equal(schemas.Order(StringComparer.Ordinal), References(document.RootElement).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_method_has_its_path_with_the_parameters_in_it_and_the_scope_that_it_needs()
    {
        using var document = JsonDocument.Parse(OpenApi.Write());
        var operations = document.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => (Path: path.Name, Verb: operation.Name, operation.Value))).ToList();

        Assert.Equal(
            JsonCalls.Methods.Select(method => JsonCalls.RouteOf(JsonCalls.RuleOf(method)!)).Select(route => (route.Path, route.Verb.Method.ToLowerInvariant())).Order(),
            operations.Select(operation => (operation.Path, operation.Verb)).Order());
        Assert.All(operations, operation =>
        {
            var inPath = operation.Value.GetProperty("parameters").EnumerateArray().Where(parameter => parameter.GetProperty("in").GetString() == "path")
                .Select(parameter => $"{{{parameter.GetProperty("name").GetString()}}}");
            Assert.Equal(operation.Path.Split('/').Where(part => part.StartsWith('{')), inPath);
            Assert.Contains("Needs the scope ", operation.Value.GetProperty("description").GetString(), StringComparison.Ordinal);
        });
    }

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => property.Name == "$ref"
            ? [property.Value.GetString()!.Split('/')[^1]]
            : References(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
