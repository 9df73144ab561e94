using System.Buffers.Binary;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>Changes the bytes of valid messages, as a fuzzer does: a seed always makes the same bytes.</summary>
internal static class Mutations
{
    // Values at which decoders break: lengths that are negative or too large, ends of ranges, tags of groups and of unknown fields, text that is not UTF-8.
    private static readonly byte[][] Splinters =
    [
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        [0x80, 0x80, 0x80, 0x80, 0x08],
        [0xff, 0xff, 0xff, 0xff, 0x07],
        [0x0b], [0x0c], [0x00], [0x07], [0x7f],
        [0xf8, 0xff, 0xff, 0xff, 0x0f, 0x01],
        [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0xc0, 0xaf],
        [0x0a, 0x00], [0x0a, 0x03, 0x00, 0x0a, 0x0d],
    ];

    private static readonly string[] Texts = ["", "x", "page-a", "page-b", "m-1", "0123456789abcdef", " ", "\0", "\ud83d\ude00", new('x', 5_000)];
    private static readonly long[] Numbers = [0, 1, -1, 2, 190, int.MaxValue, int.MinValue, long.MaxValue, long.MinValue];

    /// <summary>Returns the bytes of a valid request: with one field changed, with one bit of one byte changed, changed in one to four places, or as it is.</summary>
    public static byte[] Request(Random random, IReadOnlyList<byte[]> samples, IMessage request)
    {
        // A request without fields has nothing to change but its bytes as a whole.
        switch (request.CalculateSize() == 0 ? 0 : random.Next(8))
        {
            case 0 or 1:
                return Message(random, samples, request.ToByteArray());
            case 2 or 3:
                var bytes = request.ToByteArray();
                var at = random.Next(bytes.Length);
                return WithByte(bytes, at, (byte)(bytes[at] ^ (1 << random.Next(8))));
            case 4:
                return request.ToByteArray();
            default:
                ChangeField(random, request);
                return request.ToByteArray();
        }
    }

    /// <summary>Returns a message that is different in one to four places.</summary>
    public static byte[] Message(Random random, IReadOnlyList<byte[]> samples, byte[] sample)
    {
        var bytes = sample.ToList();
        for (var changes = random.Next(1, 5); changes > 0; changes--)
        {
            Change(random, samples, bytes);
        }

        return [.. bytes];
    }

    /// <summary>Puts a message into a frame: mostly a right one, sometimes cut off or with a wrong header.</summary>
    public static byte[] Frame(Random random, byte[] message)
    {
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return random.Next(16) switch
        {
            0 => frame[..random.Next(frame.Length)],
            1 => WithByte(frame, random.Next(5), (byte)random.Next(256)),
            _ => frame,
        };
    }

    private static byte[] WithByte(byte[] bytes, int index, byte value)
    {
        bytes[index] = value;
        return bytes;
    }

    private static void ChangeField(Random random, IMessage message)
    {
        var fields = message.Descriptor.Fields.InDeclarationOrder();
        var field = fields[random.Next(fields.Count)];
        if (field.IsRepeated)
        {
            var items = (System.Collections.IList)field.Accessor.GetValue(message);
            if (items.Count > 0 && items[0] is IMessage item && random.Next(2) == 0)
            {
                ChangeField(random, item);
            }
            else if (items.Count > 0 && random.Next(2) == 0)
            {
                items.Add(items[0]);
            }
            else
            {
                items.Clear();
            }

            return;
        }

        var number = Numbers[random.Next(Numbers.Length)];
        object? value = field.FieldType switch
        {
            FieldType.String => Texts[random.Next(Texts.Length)],
            FieldType.Bool => random.Next(2) == 0,
            FieldType.Int32 => unchecked((int)number),
            FieldType.UInt32 => unchecked((uint)number),
            FieldType.Int64 => number,
            FieldType.UInt64 => unchecked((ulong)number),
            FieldType.Enum => random.Next(8),
            _ => null,
        };
        if (value is not null)
        {
            field.Accessor.SetValue(message, value);
        }
        else if (field.Accessor.GetValue(message) is IMessage inner && random.Next(3) > 0)
        {
            ChangeField(random, inner);
        }
        else
        {
            field.Accessor.Clear(message);
        }
    }

    private static void Change(Random random, IReadOnlyList<byte[]> samples, List<byte> bytes)
    {
        var at = random.Next(bytes.Count + 1);
        var length = random.Next(bytes.Count - at + 1);
        switch (random.Next(8))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 4:
                bytes.InsertRange(at, Splinters[random.Next(Splinters.Length)]);
                break;
            case 5:
                var other = samples[random.Next(samples.Count)];
                bytes.InsertRange(at, other[random.Next(other.Length)..]);
                break;
            case 6:
                var noise = new byte[random.Next(1, 40)];
                random.NextBytes(noise);
                bytes.InsertRange(at, noise);
                break;
            default:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
        }
    }
}
