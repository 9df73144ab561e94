using Google.Protobuf;

namespace ConnectionStateService.Store.Records;

/// <summary>
/// Fields that a newer version has stored and this one does not know. Core carries them along, so that an older process that changes a merchant
/// does not lose them: docs/upgrading.md.
/// </summary>
internal static class UnknownFields
{
    /// <summary>Returns the fields as they are stored; empty if there are none, as almost always.</summary>
    public static ReadOnlyMemory<byte> Encode(UnknownFieldSet? fields)
    {
        if (fields is null)
        {
            return default;
        }

        var bytes = new byte[fields.CalculateSize()];
        var output = new CodedOutputStream(bytes);
        fields.WriteTo(output);
        output.Flush();
        return bytes;
    }

    /// <summary>Adds fields to the message that they were read from.</summary>
    public static T WithUnknown<T>(this T message, ReadOnlyMemory<byte> fields) where T : IMessage
    {
        if (!fields.IsEmpty)
        {
            message.MergeFrom(fields.Span);
        }

        return message;
    }
}

// The generated code keeps the fields that it does not know, but gives nobody access to them.
internal partial class StoredRecord
{
    public ReadOnlyMemory<byte> Unknown => UnknownFields.Encode(_unknownFields);
}

internal partial class StoredConnection
{
    public ReadOnlyMemory<byte> Unknown => UnknownFields.Encode(_unknownFields);
}

internal partial class StoredSession
{
    public ReadOnlyMemory<byte> Unknown => UnknownFields.Encode(_unknownFields);
}
