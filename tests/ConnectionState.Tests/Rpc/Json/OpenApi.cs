using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using ConnectionStateService.Auth;
using ConnectionStateService.Tests.Auth;
using Google.Api;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace ConnectionStateService.Tests.Rpc.Json;

/// <summary>The OpenAPI document of the API in JSON, made from the protos and their comments.</summary>
internal sealed class OpenApi
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Comments comments = new();
    private readonly SortedDictionary<string, JsonObject> schemas = new(StringComparer.Ordinal);

    public static string Write() => new OpenApi().Build().ToJsonString(Indented);

    private JsonObject Build()
    {
        var paths = new JsonObject();
        foreach (var method in JsonCalls.Methods.OrderBy(method => JsonCalls.RouteOf(JsonCalls.RuleOf(method)!).Path, StringComparer.Ordinal))
        {
            var rule = JsonCalls.RuleOf(method)!;
            var (verb, path) = JsonCalls.RouteOf(rule);
            var item = paths[path] as JsonObject ?? [];
            paths[path] = item;
            item[verb.Method.ToLowerInvariant()] = Operation(method, rule);
        }

        AddError();
        return new()
        {
            ["openapi"] = "3.0.3",
            ["info"] = new JsonObject
            {
                ["title"] = "ConnectionState",
                ["version"] = "v1",
                ["description"] = "The unary methods of ConnectionState as HTTP with JSON. docs/http-json.md says more.",
                ["license"] = new JsonObject { ["name"] = "MIT" },
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "http://127.0.0.1:5080" }),
            ["security"] = new JsonArray(new JsonObject { ["bearer"] = new JsonArray() }, new JsonObject()),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["securitySchemes"] = new JsonObject
                {
                    ["bearer"] = new JsonObject
                    {
                        ["type"] = "http",
                        ["scheme"] = "bearer",
                        ["description"] = "A key, a JWT or a merchant token; docs/authentication.md.",
                    },
                },
                ["schemas"] = new JsonObject(schemas.Select(schema => KeyValuePair.Create(schema.Key, (JsonNode?)schema.Value))),
            },
        };
    }

    private JsonObject Operation(MethodDescriptor method, HttpRule rule)
    {
        var inPath = JsonCalls.FieldsInPath(rule).ToList();
        var operation = new JsonObject
        {
            ["operationId"] = $"{method.Service.Name}_{method.Name}",
            ["tags"] = new JsonArray(method.Service.Name),
            ["description"] = $"{comments.Of(method)}\n\nNeeds the scope {ScopeNames.NameOf(ScopeTable.Methods[RawCalls.FullName(method)])}.",
            ["parameters"] = new JsonArray(
            [
                .. inPath.Select(name => Parameter(name, "path", FieldAt(method.InputType, name.Split('.')))),
                .. rule.Body.Length > 0 ? [] : Leaves(method.InputType, "", "", null).Where(leaf => !inPath.Contains(leaf.Name))
                    .Select(leaf => Parameter(leaf.JsonName, "query", leaf.Field, leaf.Of is { } of ? $"{comments.Of(of)} " : "")),
            ]),
        };
        if (rule.Body.Length > 0)
        {
            operation["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content(Body(method.InputType, inPath)) };
        }

        operation["responses"] = new JsonObject
        {
            ["200"] = new JsonObject { ["description"] = "The call succeeded.", ["content"] = Content(Message(method.OutputType)) },
            ["default"] = new JsonObject { ["description"] = "The call failed.", ["content"] = Content(Ref("google.rpc.Status")) },
        };
        return operation;
    }

    private JsonObject Parameter(string name, string place, FieldDescriptor field, string before = "")
    {
        var parameter = new JsonObject { ["name"] = name, ["in"] = place };
        if (place == "path")
        {
            parameter["required"] = true;
        }

        parameter["description"] = before + comments.Of(field);
        parameter["schema"] = Single(field);
        return parameter;
    }

    // The fields of a request that are not in its path. It is the request of one method only.
    private JsonObject Body(MessageDescriptor message, List<string> inPath)
    {
        bool IsInPath(FieldDescriptor field, string prefix) => inPath.Contains($"{prefix}{field.Name}")
            || (field is { FieldType: FieldType.Message, IsRepeated: false } && field.MessageType.Fields.InDeclarationOrder().All(part => IsInPath(part, $"{prefix}{field.Name}.")));

        schemas[NameOf(message)] = Object(message, message.Fields.InDeclarationOrder().Where(field => !IsInPath(field, "")));
        return Ref(NameOf(message));
    }

    private JsonObject Message(MessageDescriptor message)
    {
        if (message.FullName == Timestamp.Descriptor.FullName)
        {
            return new() { ["type"] = "string", ["format"] = "date-time" };
        }

        if (message.FullName == Duration.Descriptor.FullName)
        {
            return new() { ["type"] = "string", ["pattern"] = @"^-?\d+(\.\d{1,9})?s$", ["example"] = "3600s" };
        }

        if (schemas.TryAdd(NameOf(message), []))
        {
            schemas[NameOf(message)] = Object(message, message.Fields.InDeclarationOrder());
        }

        return Ref(NameOf(message));
    }

    private JsonObject Object(MessageDescriptor message, IEnumerable<FieldDescriptor> fields)
    {
        var properties = new JsonObject();
        foreach (var field in fields)
        {
            properties[field.JsonName] = Property(field);
        }

        return new()
        {
            ["type"] = "object",
            ["description"] = comments.Of(message),
            ["properties"] = properties,
            ["additionalProperties"] = false,
        };
    }

    private JsonObject Property(FieldDescriptor field)
    {
        var schema = field.IsRepeated ? new() { ["type"] = "array", ["items"] = Single(field) } : Single(field);

        // Beside $ref, readers ignore everything else.
        if (schema.ContainsKey("$ref"))
        {
            schema = new() { ["allOf"] = new JsonArray(schema) };
        }

        schema["description"] = comments.Of(field);
        return schema;
    }

    private JsonObject Single(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.String => new() { ["type"] = "string" },
        FieldType.Bool => new() { ["type"] = "boolean" },
        FieldType.Int32 => new() { ["type"] = "integer", ["format"] = "int32" },
        FieldType.Int64 => new() { ["type"] = "string", ["format"] = "int64" },
        FieldType.Message => Message(field.MessageType),
        FieldType.Enum => Enum(field.EnumType),
        _ => throw new NotSupportedException($"{field.FullName} is {field.FieldType}."),
    };

    private JsonObject Enum(EnumDescriptor type)
    {
        var name = NameOf(type);
        schemas[name] = new()
        {
            ["type"] = "string",
            ["description"] = string.Join('\n', [comments.Of(type), .. type.Values.Select(value => $"- {value.Name}: {comments.Of(value)}")]),
            ["enum"] = new JsonArray([.. type.Values.Select(value => (JsonNode)value.Name)]),
        };
        return Ref(name);
    }

    private void AddError() => schemas["google.rpc.Status"] = new()
    {
        ["type"] = "object",
        ["description"] = "Why a call failed. The reasons are those of ErrorReason in connectionstate/v1/errors.proto.",
        ["properties"] = new JsonObject
        {
            ["code"] = new JsonObject { ["type"] = "integer", ["format"] = "int32", ["description"] = "The code of google.rpc.Code." },
            ["message"] = new JsonObject { ["type"] = "string", ["description"] = "What is wrong, and what to do." },
            ["details"] = new JsonObject
            {
                ["type"] = "array",
                ["description"] = "A google.rpc.ErrorInfo with the reason and its values; for invalid fields also a google.rpc.BadRequest, and for limits a google.rpc.RetryInfo.",
                ["items"] = new JsonObject
                {
                    ["type"] = "object",
                    ["properties"] = new JsonObject { ["@type"] = new JsonObject { ["type"] = "string" } },
                    ["additionalProperties"] = true,
                },
            },
        },
    };

    private static JsonObject Content(JsonObject schema) => new() { ["application/json"] = new JsonObject { ["schema"] = schema } };

    private static JsonObject Ref(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };

    private static string NameOf(IDescriptor type) => type.FullName.Replace("connectionstate.v1.", "", StringComparison.Ordinal);

    private static FieldDescriptor FieldAt(MessageDescriptor message, ReadOnlySpan<string> path) => path.Length == 1
        ? message.FindFieldByName(path[0])
        : FieldAt(message.FindFieldByName(path[0]).MessageType, path[1..]);

    private static IEnumerable<(string Name, string JsonName, FieldDescriptor Field, FieldDescriptor? Of)> Leaves(
        MessageDescriptor message, string prefix, string jsonPrefix, FieldDescriptor? of = null) =>
        message.Fields.InDeclarationOrder().SelectMany(field => field.FieldType == FieldType.Message
            ? Leaves(field.MessageType, $"{prefix}{field.Name}.", $"{jsonPrefix}{field.JsonName}.", field)
            : [($"{prefix}{field.Name}", $"{jsonPrefix}{field.JsonName}", field, of)]);

    // The comments of the protos, as the compiler has copied them into the documentation of the generated code.
    private sealed class Comments
    {
        private readonly Dictionary<string, string> byMember = XDocument.Load(Path.Combine(AppContext.BaseDirectory, "ConnectionState.Protos.xml"))
            .Descendants("member").ToDictionary(member => member.Attribute("name")!.Value, member => TextOf(member.Element("summary")));

        public string Of(MethodDescriptor method) => byMember.First(member => member.Key.StartsWith(
            $"M:ConnectionStateService.V1.{method.Service.Name}.{method.Service.Name}Base.{method.Name}(", StringComparison.Ordinal)).Value;

        public string Of(MessageDescriptor message) => byMember[$"T:{NameOf(message.ClrType)}"];

        public string Of(EnumDescriptor type) => byMember[$"T:{NameOf(type.ClrType)}"];

        public string Of(FieldDescriptor field) => byMember[$"P:{NameOf(field.ContainingType.ClrType)}.{field.PropertyName}"];

        public string Of(EnumValueDescriptor value)
        {
            var type = value.EnumDescriptor.ClrType;
            var member = type.GetFields().Single(field =>
                field.GetCustomAttributes(typeof(OriginalNameAttribute), false) is [OriginalNameAttribute { Name: var name }] && name == value.Name);
            return byMember.GetValueOrDefault($"F:{NameOf(type)}.{member.Name}", "Not set.");
        }

        private static string NameOf(System.Type type) => type.FullName!.Replace('+', '.');

        private static string TextOf(XElement? summary) =>
            string.Join('\n', (summary?.Value ?? "").Trim().Split('\n').Select(line => line.Trim()));
    }
}
