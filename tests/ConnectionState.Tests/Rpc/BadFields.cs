using ConnectionStateService.V1;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>One way of spoiling one field of a request.</summary>
/// <param name="Path">The field, as the answer must name it.</param>
/// <param name="What">What is wrong with it.</param>
/// <param name="Spoil">Makes it so.</param>
internal sealed record BadField(string Path, string What, Action<IMessage> Spoil);

/// <summary>Finds every way in which the fields of a request can be wrong, from the contract itself.</summary>
internal static class BadFields
{
    private static readonly string[] Names = ["name", "actor", "message"];
    private static readonly string[] MayBeEmpty = ["request_id", "actor", "message"];
    private static readonly string[] MayBeUnspecified = ["role"];

    // What any value is right for: a choice of two, the provider's own numbers, and what only the server sets. A resume token has an
    // error of its own.
    private static readonly string[] Free =
        ["personal", "messaging_consent", "code", "subcode", "evidence", "eligibility", "resume_token"];

    public static IEnumerable<BadField> Of(MessageDescriptor message, string prefix = "", Func<IMessage, IMessage>? reach = null)
    {
        reach ??= root => root;
        foreach (var field in message.Fields.InDeclarationOrder().Where(f => !Free.Contains(f.Name)))
        {
            var path = prefix + field.Name;
            var ways = field switch
            {
                { IsRepeated: true, FieldType: FieldType.Message } => Candidates(field, path, reach),
                { IsRepeated: true } => Tasks(field, path, reach),
                { FieldType: FieldType.String } => Strings(field, path, reach),
                { FieldType: FieldType.Enum } => Enums(field, path, reach),
                { FieldType: FieldType.Int32 or FieldType.Int64 } => Numbers(field, path, reach),
                { FieldType: FieldType.Message } when field.MessageType == Timestamp.Descriptor => Times(field, path, reach),
                _ => Messages(field, path, reach, required: message != ListChangesRequest.Descriptor),
            };
            foreach (var way in ways)
            {
                yield return way;
            }
        }
    }

    private static IEnumerable<BadField> Strings(FieldDescriptor field, string path, Func<IMessage, IMessage> reach)
    {
        var isName = Names.Contains(field.Name);
        var values = new List<(string, string)>
        {
            ("too long", new string('x', isName ? field.Name == "message" ? 2_001 : 201 : 65)),
            ("a control character", "a\u0007b"),
            ("a line break", "a\nb"),
            ("half a surrogate pair is no text", "a\uFFFDb"),
        };
        if (!isName)
        {
            values.AddRange([("braces", "{a}"), ("a space", "a b"), ("another alphabet", "ạ"), ("a slash", "a/b")]);
        }

        if (!MayBeEmpty.Contains(field.Name))
        {
            values.Add(("empty", ""));
        }

        return values.Select(v => new BadField(path, v.Item1, root => field.Accessor.SetValue(reach(root), v.Item2)));
    }

    private static IEnumerable<BadField> Enums(FieldDescriptor field, string path, Func<IMessage, IMessage> reach)
    {
        var numbers = MayBeUnspecified.Contains(field.Name) ? new[] { 99, -1 } : [99, -1, 0];
        return numbers.Select(n => new BadField(
            path, $"number {n}", root => field.Accessor.SetValue(reach(root), System.Enum.ToObject(field.EnumType.ClrType, n))));
    }

    private static IEnumerable<BadField> Numbers(FieldDescriptor field, string path, Func<IMessage, IMessage> reach)
    {
        object[] values = field.Name switch
        {
            "limit" => [0, -1, 1001],
            "bought_pages" => [-1, 10_001],
            "after_revision" => [-1L],
            _ => throw new ArgumentException($"What is wrong for {field.FullName}?"),
        };
        return values.Select(v => new BadField(path, $"{v}", root => field.Accessor.SetValue(reach(root), v)));
    }

    private static IEnumerable<BadField> Times(FieldDescriptor field, string path, Func<IMessage, IMessage> reach)
    {
        (string, Timestamp)[] times =
        [
            ("before 2000", new Timestamp { Seconds = 946_684_799 }),
            ("after 2099", new Timestamp { Seconds = 4_102_444_800 }),
            ("no time", new Timestamp { Seconds = long.MaxValue }),
            ("negative nanoseconds", new Timestamp { Seconds = 1_900_000_000, Nanos = -1 }),
            ("too many nanoseconds", new Timestamp { Seconds = 1_900_000_000, Nanos = 1_000_000_000 }),
        ];
        var missing = new BadField(path, "missing", root => field.Accessor.Clear(reach(root)));
        return times.Select(t => new BadField(path, t.Item1, root => field.Accessor.SetValue(reach(root), t.Item2)))
            .Concat(field.Name is "observed_at" ? [missing] : []);
    }

    private static IEnumerable<BadField> Messages(FieldDescriptor field, string path, Func<IMessage, IMessage> reach, bool required)
    {
        if (required)
        {
            yield return new BadField(path, "missing", root => field.Accessor.Clear(reach(root)));
        }

        foreach (var inner in Of(field.MessageType, $"{path}.", root => (IMessage)field.Accessor.GetValue(reach(root))))
        {
            yield return inner;
        }
    }

    private static IEnumerable<BadField> Candidates(FieldDescriptor field, string path, Func<IMessage, IMessage> reach)
    {
        RepeatedField<Candidate> List(IMessage root) => (RepeatedField<Candidate>)field.Accessor.GetValue(reach(root));
        yield return new BadField(path, "501", root => List(root).AddRange(
            Enumerable.Range(0, 500).Select(i => new Candidate { PageId = $"more-{i}", Name = "A Page" })));
        yield return new BadField($"{path}[1].page_id", "twice", root => List(root).Add(List(root)[0].Clone()));
        foreach (var inner in Of(field.MessageType, $"{path}[0].", root => List(root)[0]))
        {
            yield return inner;
        }
    }

    private static IEnumerable<BadField> Tasks(FieldDescriptor field, string path, Func<IMessage, IMessage> reach)
    {
        RepeatedField<string> List(IMessage root) => (RepeatedField<string>)field.Accessor.GetValue(reach(root));
        yield return new BadField(path, "33", root => List(root).AddRange(Enumerable.Repeat("MANAGE", 32)));
        yield return new BadField($"{path}[0]", "empty", root => List(root)[0] = "");
        yield return new BadField($"{path}[0]", "braces", root => List(root)[0] = "{MANAGE}");
    }
}
