using static System.IO.Hashing.Xxh3Arithmetic;

namespace System.IO.Hashing;

/// <summary>XXH3 with 64 bits, of bytes that are all there.</summary>
public static class XxHash3
{
    public static ulong HashToUInt64(ReadOnlySpan<byte> source, long seed = 0)
    {
        var bits = (ulong)seed;
        return source.Length switch
        {
            0 => Avalanche64(bits ^ Read64(Secret, 56) ^ Read64(Secret, 64)),
            <= 3 => UpTo3(source, bits),
            <= 8 => UpTo8(source, bits),
            <= 16 => UpTo16(source, bits),
            <= 128 => UpTo128(source, bits),
            <= 240 => UpTo240(source, bits),
            _ => Xxh3Long.Hash(source, bits),
        };
    }

    private static ulong UpTo3(ReadOnlySpan<byte> source, ulong seed)
    {
        var combined = ((uint)source[0] << 16)
            | ((uint)source[source.Length >> 1] << 24)
            | source[^1]
            | ((uint)source.Length << 8);
        var flip = (Read32(Secret, 0) ^ Read32(Secret, 4)) + seed;
        return Avalanche64(combined ^ flip);
    }

    private static ulong UpTo8(ReadOnlySpan<byte> source, ulong seed)
    {
        var length = source.Length;
        seed ^= (ulong)Swap32((uint)seed) << 32;
        var flip = (Read64(Secret, 8) ^ Read64(Secret, 16)) - seed;
        var keyed = (Read32(source, length - 4) + ((ulong)Read32(source, 0) << 32)) ^ flip;

        keyed ^= RotateLeft(keyed, 49) ^ RotateLeft(keyed, 24);
        keyed *= PrimeMix2;
        keyed ^= (keyed >> 35) + (ulong)length;
        keyed *= PrimeMix2;
        return keyed ^ (keyed >> 28);
    }

    private static ulong UpTo16(ReadOnlySpan<byte> source, ulong seed)
    {
        var length = source.Length;
        var low = Read64(source, 0) ^ ((Read64(Secret, 24) ^ Read64(Secret, 32)) + seed);
        var high = Read64(source, length - 8) ^ ((Read64(Secret, 40) ^ Read64(Secret, 48)) - seed);
        return Avalanche((ulong)length + Swap64(low) + high + MultiplyFold(low, high));
    }

    // Pairs of 16 bytes from both ends towards the middle.
    private static ulong UpTo128(ReadOnlySpan<byte> source, ulong seed)
    {
        var length = source.Length;
        var hash = (ulong)length * Prime64_1;
        for (var pair = (length - 1) / 32; pair >= 0; pair--)
        {
            hash += Mix16(source, pair * 16, Secret, pair * 32, seed);
            hash += Mix16(source, length - ((pair + 1) * 16), Secret, (pair * 32) + 16, seed);
        }

        return Avalanche(hash);
    }

    private static ulong UpTo240(ReadOnlySpan<byte> source, ulong seed)
    {
        const int SecondRound = 8;
        var length = source.Length;
        var hash = (ulong)length * Prime64_1;
        for (var block = 0; block < SecondRound; block++)
        {
            hash += Mix16(source, block * 16, Secret, block * 16, seed);
        }

        hash = Avalanche(hash);
        for (var block = SecondRound; block < length / 16; block++)
        {
            hash += Mix16(source, block * 16, Secret, ((block - SecondRound) * 16) + 3, seed);
        }

        return Avalanche(hash + Mix16(source, length - 16, Secret, SmallestSecret - 17, seed));
    }
}
