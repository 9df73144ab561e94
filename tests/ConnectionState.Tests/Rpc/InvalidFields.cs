using ConnectionStateService.V1;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>One invalid value of one field of a request.</summary>
/// <param name="Path">The field's path, as the violation must name it.</param>
/// <param name="Problem">What is wrong with the value.</param>
/// <param name="Apply">Sets the value in a request.</param>
internal sealed record InvalidField(string Path, string Problem, Action<IMessage> Apply);

/// <summary>Generates invalid values for every field of a request from its descriptor.</summary>
internal static class InvalidFields
{
    private static readonly string[] Names = ["name", "actor", "source"];
    private static readonly string[] MayBeEmpty = ["request_id", "actor", "prefix", "page_token", "session"];

    // Any text up to a length: an id that names no grant.
    private static readonly string[] AnyText = ["grant_id"];
    private static readonly string[] MayBeUnspecified = ["object"];

    // Any value is valid: booleans, the provider's codes and message, and fields that only the server sets. An invalid resume token has its own error.
    private static readonly string[] AlwaysValid =
        ["personal", "messaging_consent", "complete", "code", "subcode", "message", "evidence", "resume_token", "now", "snapshot", "include_page_list",
         "rewind", "leaving", "dry_run", "force"];

    // What a provider says about a page is repaired.
    private static readonly string[] Repaired = ["name", "personal", "role", "tasks", "eligibility", "current"];

    public static IEnumerable<InvalidField> Of(MessageDescriptor message, string prefix = "", Func<IMessage, IMessage>? find = null)
    {
        find ??= root => root;
        var alwaysValid = message == Candidate.Descriptor || message == Account.Descriptor ? Repaired : AlwaysValid;
        foreach (var field in message.Fields.InDeclarationOrder().Where(f => !alwaysValid.Contains(f.Name) && !IsValidatedAlone(f)))
        {
            var path = prefix + field.Name;
            var values = field switch
            {
                { IsRepeated: true, FieldType: FieldType.Message } when field.MessageType == Candidate.Descriptor => Candidates(field, path, find),
                { IsRepeated: true, FieldType: FieldType.Message } when field.MessageType == ReportSuccessRequest.Types.Success.Descriptor => Limited(field, path, find, 100),
                { IsRepeated: true, FieldType: FieldType.Message } when field.MessageType == SignalReport.Descriptor => Limited(field, path, find, 1_000),
                { IsRepeated: true, FieldType: FieldType.Message } => Entries(field, path, find),
                { IsRepeated: true, FieldType: FieldType.Enum } => RepeatedEnums(field, path, find),
                { IsRepeated: true } => Partitions(field, path, find),
                { FieldType: FieldType.String } => Strings(field, path, find),
                { FieldType: FieldType.Enum } => Enums(field, path, find),
                { FieldType: FieldType.Int32 or FieldType.Int64 } => Numbers(field, path, find),
                { FieldType: FieldType.Message } when field.MessageType == Timestamp.Descriptor => Times(field, path, find),
                { FieldType: FieldType.Message } when field.MessageType == Duration.Descriptor => Lifetimes(field, path, find),
                { FieldType: FieldType.Message } when field.MessageType == AccountRef.Descriptor => InPlaceOfPage(field, path, find),
                _ => Messages(field, path, find, required: message != ListChangesRequest.Descriptor && message != WatchFeedRequest.Descriptor),
            };
            foreach (var value in values)
            {
                yield return value;
            }
        }
    }

    // A merchant that is imported has an outcome of its own: ImportTests. Only its id must be valid for the others to be imported.
    private static bool IsValidatedAlone(FieldDescriptor field) => field.ContainingType == ExportedMerchant.Descriptor && field.Name != "merchant_id";

    private static IEnumerable<InvalidField> Strings(FieldDescriptor field, string path, Func<IMessage, IMessage> find)
    {
        var isName = Names.Contains(field.Name);
        var values = new List<(string, string)>
        {
            ("too long", new string('x', isName ? 201 : 65)),
            ("a control character", "a\u0007b"),
            ("a line break", "a\nb"),
            ("half a surrogate pair", "a\uFFFDb"),
        };
        if (!isName)
        {
            values.AddRange([("braces", "{a}"), ("a space", "a b"), ("another alphabet", "ạ"), ("a slash", "a/b"), ("the id of a canary", "~canary-01")]);
        }

        if (!MayBeEmpty.Contains(field.Name))
        {
            values.Add(("empty", ""));
        }

        return values.Where(v => v.Item1 is "too long" || !AnyText.Contains(field.Name))
            .Select(v => new InvalidField(path, v.Item1, root => field.Accessor.SetValue(find(root), v.Item2)));
    }

    private static IEnumerable<InvalidField> Enums(FieldDescriptor field, string path, Func<IMessage, IMessage> find)
    {
        var mayBeUnspecified = MayBeUnspecified.Contains(field.Name) || field.ContainingType == ListConnectionsRequest.Descriptor;
        var numbers = mayBeUnspecified ? new[] { 99, -1 } : [99, -1, 0];
        return numbers.Select(n => new InvalidField(
            path, $"number {n}", root => field.Accessor.SetValue(find(root), System.Enum.ToObject(field.EnumType.ClrType, n))));
    }

    private static IEnumerable<InvalidField> Numbers(FieldDescriptor field, string path, Func<IMessage, IMessage> find)
    {
        object[] values = field.Name switch
        {
            "limit" => [0, -1, 1001],
            "bought_pages" => [-1, 10_001],
            "after_revision" => [-1L],
            "partition" => [-1, 256],
            "epoch" => [-1L],
            "page_size" when field.ContainingType == ListFeedConsumersRequest.Descriptor => [-1, 21],
            "page_size" => [-1, 501],
            "days" => [-1, 401],
            "if_revision" => [-1L],
            _ => throw new ArgumentException($"No invalid values are known for {field.FullName}."),
        };
        return values.Select(v => new InvalidField(path, $"{v}", root => field.Accessor.SetValue(find(root), v)));
    }

    private static IEnumerable<InvalidField> Times(FieldDescriptor field, string path, Func<IMessage, IMessage> find)
    {
        (string, Timestamp)[] times =
        [
            ("before 2000", new Timestamp { Seconds = 946_684_799 }),
            ("after 2099", new Timestamp { Seconds = 4_102_444_800 }),
            ("out of range", new Timestamp { Seconds = long.MaxValue }),
            ("negative nanoseconds", new Timestamp { Seconds = 1_900_000_000, Nanos = -1 }),
            ("too many nanoseconds", new Timestamp { Seconds = 1_900_000_000, Nanos = 1_000_000_000 }),
        ];
        var missing = new InvalidField(path, "missing", root => field.Accessor.Clear(find(root)));
        return times.Select(t => new InvalidField(path, t.Item1, root => field.Accessor.SetValue(find(root), t.Item2)))
            .Concat(field.Name is "observed_at" ? [missing] : []);
    }

    private static IEnumerable<InvalidField> Lifetimes(FieldDescriptor field, string path, Func<IMessage, IMessage> find)
    {
        (string, Duration)[] durations =
        [
            ("4 s", new Duration { Seconds = 4, Nanos = 999_999_999 }),
            ("more than 15 min", new Duration { Seconds = 900, Nanos = 1 }),
            ("negative nanoseconds", new Duration { Seconds = 60, Nanos = -1 }),
            ("out of range", new Duration { Seconds = long.MaxValue }),
        ];
        return durations.Select(d => new InvalidField(path, d.Item1, root => field.Accessor.SetValue(find(root), d.Item2)));
    }

    private static IEnumerable<InvalidField> Messages(FieldDescriptor field, string path, Func<IMessage, IMessage> find, bool required)
    {
        if (required)
        {
            yield return new InvalidField(path, "missing", root => field.Accessor.Clear(find(root)));
        }

        foreach (var inner in Of(field.MessageType, $"{path}.", root => (IMessage)field.Accessor.GetValue(find(root))))
        {
            yield return inner;
        }
    }

    // An account, whose connections have grants of their own. Not with the problems of other fields: these are about the page.
    private static IEnumerable<InvalidField> InPlaceOfPage(FieldDescriptor field, string path, Func<IMessage, IMessage> find)
    {
        yield return new InvalidField(path, "beside the page", root => Set(root));
        foreach (var inner in Of(field.MessageType, $"{path}.", root =>
        {
            foreach (var other in (string[])["page", "grant_id"])
            {
                field.ContainingType.FindFieldByName(other).Accessor.Clear(find(root));
            }

            return Set(root);
        }))
        {
            yield return inner with { Problem = $"{inner.Problem}, of an account" };
        }

        AccountRef Set(IMessage root)
        {
            var account = new AccountRef { Provider = Provider.Zalo, AccountId = "a" };
            field.Accessor.SetValue(find(root), account);
            return account;
        }
    }

    private static IEnumerable<InvalidField> Candidates(FieldDescriptor field, string path, Func<IMessage, IMessage> find)
    {
        yield return new InvalidField(path, "5,001", root => ((RepeatedField<Candidate>)field.Accessor.GetValue(find(root))).AddRange(
            Enumerable.Range(0, 5_000).Select(i => new Candidate { PageId = $"more-{i}", Name = "A Page" })));
    }

    // Of partitions, at most one for each; of imports, at most 100.
    private static IEnumerable<InvalidField> Entries(FieldDescriptor field, string path, Func<IMessage, IMessage> find)
    {
        System.Collections.IList List(IMessage root) => (System.Collections.IList)field.Accessor.GetValue(find(root));
        yield return new InvalidField(path, "257", root =>
        {
            while (List(root).Count < 257)
            {
                List(root).Add(List(root)[0]);
            }
        });
        foreach (var inner in Of(field.MessageType, $"{path}[0].", root => (IMessage)List(root)[0]!))
        {
            yield return inner;
        }
    }

    private static IEnumerable<InvalidField> RepeatedEnums(FieldDescriptor field, string path, Func<IMessage, IMessage> find) =>
        new[] { 99, -1, 0 }.Select(n => new InvalidField(
            path,
            $"number {n}",
            root => ((System.Collections.IList)field.Accessor.GetValue(find(root))).Add(System.Enum.ToObject(field.EnumType.ClrType, n))));

    private static IEnumerable<InvalidField> Partitions(FieldDescriptor field, string path, Func<IMessage, IMessage> find)
    {
        RepeatedField<int> List(IMessage root) => (RepeatedField<int>)field.Accessor.GetValue(find(root));
        yield return new InvalidField(path, "-1", root => List(root).Add(-1));
        yield return new InvalidField(path, "256", root => List(root).Add(256));
        yield return new InvalidField(path, "257 of them", root => List(root).AddRange(Enumerable.Repeat(1, 257)));
    }

    // At least one entry, and at most a number of them.
    private static IEnumerable<InvalidField> Limited(FieldDescriptor field, string path, Func<IMessage, IMessage> find, int limit)
    {
        System.Collections.IList List(IMessage root) => (System.Collections.IList)field.Accessor.GetValue(find(root));
        yield return new InvalidField(path, "none", root => List(root).Clear());
        yield return new InvalidField(path, $"{limit + 1}", root =>
        {
            while (List(root).Count <= limit)
            {
                List(root).Add(List(root)[0]);
            }
        });
        foreach (var inner in Of(field.MessageType, $"{path}[0].", root => (IMessage)List(root)[0]!))
        {
            yield return inner;
        }
    }
}
