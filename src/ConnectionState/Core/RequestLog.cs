using System.Buffers.Binary;
using System.Collections;
using System.Runtime.CompilerServices;
using System.Text;

namespace ConnectionStateService.Core;

/// <summary>
/// The remembered requests of a merchant, oldest first. Immutable. Kept as bytes, so that neither adding a request nor a look-up touches the
/// others, and each takes 24 bytes of memory: adding one copies the bytes of the others. The stores read it from the history.
/// </summary>
/// <remarks>
/// A request is its id, the payload hash (4 bytes, little-endian), the revision (7 bits per byte, lowest first) and the session id. An id is 0 for
/// null; 1 and 16 bytes for 32 lower-case hexadecimal digits, as most ids are; or its length in UTF-8 plus 2 (as the revision) and the text.
/// </remarks>
[CollectionBuilder(typeof(RequestLog), nameof(Create))]
public sealed class RequestLog : IEnumerable<RememberedRequest>
{
    private const int PackedIdLength = 16;
    private const int MaxNumberLength = 10;

    private readonly byte[] bytes;

    // Where the newest request starts.
    private readonly int newest;

    private RequestLog(byte[] bytes, int newest, int length) => (this.bytes, this.newest, Length) = (bytes, newest, length);

    /// <summary>The log without requests.</summary>
    public static RequestLog Empty { get; } = new([], 0, 0);

    /// <summary>The number of requests.</summary>
    public int Length { get; }

    /// <summary>The requests as bytes.</summary>
    public ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>The revisions from that of the oldest to that of the newest request.</summary>
    public RequestSpan Span =>
        Length == 0 ? default : new(new Reader(bytes).SkipRequest(), new Reader(bytes.AsSpan(newest)).SkipRequest());

    /// <summary>Returns a log of requests, oldest first.</summary>
    public static RequestLog Create(ReadOnlySpan<RememberedRequest> requests)
    {
        var log = Empty;
        foreach (var request in requests)
        {
            log = log.Add(request);
        }

        return log;
    }

    /// <summary>Returns the log without the requests before <paramref name="revision"/>.</summary>
    public RequestLog Since(long revision)
    {
        var reader = new Reader(bytes);
        var dropped = 0;
        var start = 0;
        while (!reader.IsAtEnd && reader.SkipRequest() < revision)
        {
            (start, dropped) = (reader.Position, dropped + 1);
        }

        return dropped == 0 ? this : dropped == Length ? Empty : new RequestLog(bytes[start..], newest - start, Length - dropped);
    }

    /// <summary>Returns the request with an id, or null if there is none.</summary>
    public RememberedRequest? Find(string id)
    {
        Span<byte> sought = stackalloc byte[SizeOf(id)];
        Write(sought, id);
        var reader = new Reader(bytes);
        while (!reader.IsAtEnd)
        {
            var start = reader.Position;
            if (bytes.AsSpan(start).StartsWith(sought))
            {
                return reader.ReadRequest();
            }

            reader.SkipRequest();
        }

        return null;
    }

    /// <summary>Returns the log with a request added. Of more than <paramref name="limit"/> requests, the oldest are dropped.</summary>
    public RequestLog Add(RememberedRequest request, int limit = int.MaxValue)
    {
        var reader = new Reader(bytes);
        var kept = Length;
        for (; kept >= limit && kept > 0; kept--)
        {
            reader.SkipRequest();
        }

        var older = bytes.AsSpan(reader.Position);
        Span<byte> added = stackalloc byte[SizeOf(request.Id) + sizeof(uint) + MaxNumberLength + SizeOf(request.SessionId)];
        var end = Write(added, request.Id);
        BinaryPrimitives.WriteUInt32LittleEndian(added[end..], request.PayloadHash);
        end += sizeof(uint);
        end += Write(added[end..], (ulong)request.Revision);
        end += Write(added[end..], request.SessionId);
        return new RequestLog([.. older, .. added[..end]], older.Length, kept + 1);
    }

    /// <inheritdoc/>
    public IEnumerator<RememberedRequest> GetEnumerator()
    {
        for (var position = 0; position < bytes.Length;)
        {
            yield return Read(ref position);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // A reader cannot live across a yield.
    private RememberedRequest Read(ref int position)
    {
        var reader = new Reader(bytes.AsSpan(position));
        var request = reader.ReadRequest();
        position += reader.Position;
        return request;
    }

    private static bool IsPacked(string id) =>
        id.Length == 2 * PackedIdLength && !id.AsSpan().ContainsAnyExcept(LowerCaseHex.Digits);

    // At most.
    private static int SizeOf(string? id) => id switch
    {
        null => 1,
        _ when IsPacked(id) => 1 + PackedIdLength,
        _ => LengthOf((ulong)Encoding.UTF8.GetByteCount(id) + 2) + Encoding.UTF8.GetByteCount(id),
    };

    private static int LengthOf(ulong number)
    {
        var length = 1;
        for (; number > 0x7F; number >>= 7)
        {
            length++;
        }

        return length;
    }

    private static int Write(Span<byte> target, string? id)
    {
        if (id is null)
        {
            target[0] = 0;
            return 1;
        }

        if (IsPacked(id))
        {
            target[0] = 1;
            Convert.FromHexString(id, target[1..], out _, out _);
            return 1 + PackedIdLength;
        }

        var length = Encoding.UTF8.GetByteCount(id);
        var start = Write(target, (ulong)length + 2);
        Encoding.UTF8.GetBytes(id, target[start..]);
        return start + length;
    }

    private static int Write(Span<byte> target, ulong number)
    {
        var length = 0;
        for (; number > 0x7F; number >>= 7)
        {
            target[length++] = (byte)(number | 0x80);
        }

        target[length++] = (byte)number;
        return length;
    }

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> bytes = bytes;

        public int Position { get; private set; }

        public readonly bool IsAtEnd => Position == bytes.Length;

        public RememberedRequest ReadRequest()
        {
            var id = ReadId()!;
            var hash = BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));
            return new RememberedRequest(id, hash, (long)ReadNumber(), ReadId());
        }

        // Returns the revision.
        public long SkipRequest()
        {
            SkipId();
            Take(sizeof(uint));
            var revision = ReadNumber();
            SkipId();
            return (long)revision;
        }

        private string? ReadId() => ReadNumber() switch
        {
            0 => null,
            1 => Convert.ToHexStringLower(Take(PackedIdLength)),
            var length => Encoding.UTF8.GetString(Take(length - 2)),
        };

        private void SkipId() => Take(ReadNumber() switch { 0 => 0, 1 => PackedIdLength, var length => length - 2 });

        private ulong ReadNumber()
        {
            var number = 0UL;
            for (var shift = 0; ; shift += 7)
            {
                var next = Take(1)[0];
                number |= (ulong)(next & 0x7F) << shift;
                if (next <= 0x7F)
                {
                    return number;
                }
            }
        }

        private ReadOnlySpan<byte> Take(ulong count)
        {
            var taken = bytes.Slice(Position, (int)count);
            Position += (int)count;
            return taken;
        }
    }
}
