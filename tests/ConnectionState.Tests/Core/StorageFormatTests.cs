using System.Globalization;
using ConnectionStateService.Store.Records;
using ConnectionStateService.Tests.Support;
using Google.Protobuf.Reflection;

namespace ConnectionStateService.Tests.Core;

/// <summary>
/// How the storage format may change within a schema. storage-N.txt has the fields that schema N began with. It stays as it is; a new schema
/// gets a new file.
/// </summary>
public class StorageFormatTests
{
    private static readonly MessageDescriptor[] CarriedAlong = [StoredRecord.Descriptor, StoredConnection.Descriptor, StoredSession.Descriptor];
    private static readonly string[] First = File.ReadAllLines(Repository.PathOf($"tests/ConnectionState.Tests/Core/storage-{SealedBytes.Schema}.txt"));

    private static IList<MessageDescriptor> Messages => StorageReflection.Descriptor.MessageTypes;

    [Fact]
    public void A_field_keeps_its_number_within_a_schema_or_the_number_is_reserved()
    {
        Assert.NotEmpty(First);
        var current = Messages.SelectMany(message => message.Fields.InDeclarationOrder()).Select(LineOf).ToHashSet();

        Assert.All(First, line => Assert.True(current.Contains(line) || IsReserved(line), line));
    }

    [Fact]
    public void A_field_that_is_added_survives_changes_by_an_older_version()
    {
        var added = CarriedAlong.SelectMany(message => message.Fields.InDeclarationOrder()).Where(field => !First.Contains(LineOf(field)));

        Assert.All(added, field => Assert.False(DependsOnOthers(field), LineOf(field)));
    }

    [Fact]
    public void References_to_strings_and_relative_times_depend_on_other_fields() => Assert.Equal(
        ["page_id", "page_name", "account_id", "grant_since_after", "connected_after", "expires_after", "issued_after", "suspicion", "loss_evidence"],
        StoredConnection.Descriptor.Fields.InDeclarationOrder().Where(DependsOnOthers).Select(field => field.Name));

    private static bool DependsOnOthers(FieldDescriptor field) =>
        field.FieldType == FieldType.SInt32
        || field.Name.EndsWith("_after", StringComparison.Ordinal)
        || (field.FieldType == FieldType.Message && field.MessageType.Fields.InDeclarationOrder().Any(DependsOnOthers));

    private static string LineOf(FieldDescriptor field)
    {
        var type = field.FieldType == FieldType.Message ? field.MessageType.Name : field.FieldType.ToString().ToLowerInvariant();
        return $"{field.ContainingType.Name} {field.FieldNumber} {(field.IsRepeated ? "repeated " : "")}{type} {field.Name}";
    }

    private static bool IsReserved(string line)
    {
        var words = line.Split(' ');
        var number = int.Parse(words[1], CultureInfo.InvariantCulture);
        return Messages.FirstOrDefault(message => message.Name == words[0]) is not { } found
            || found.ToProto().ReservedRange.Any(range => range.Start <= number && number < range.End);
    }
}
