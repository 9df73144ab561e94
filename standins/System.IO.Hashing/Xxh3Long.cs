using System.Buffers.Binary;
using static System.IO.Hashing.Xxh3Arithmetic;

namespace System.IO.Hashing;

/// <summary>XXH3 of more than 240 bytes: eight lanes, fed with stripes of 64 bytes.</summary>
internal static class Xxh3Long
{
    private const int Lanes = 8;
    private const int StripeLength = 64;
    private const int SecretStep = 8;

    public static ulong Hash(ReadOnlySpan<byte> source, ulong seed)
    {
        Span<byte> seeded = stackalloc byte[Secret.Length];
        Seed(seeded, seed);
        Span<ulong> lanes =
        [
            Prime32_3, Prime64_1, Prime64_2, Prime64_3, Prime64_4, Prime32_2, Prime64_5, Prime32_1,
        ];

        Accumulate(lanes, source, seeded);
        return Merge(lanes, seeded[11..], (ulong)source.Length * Prime64_1);
    }

    // The seed is added to every first and taken from every second eight bytes of the secret.
    private static void Seed(Span<byte> seeded, ulong seed)
    {
        for (var at = 0; at < Secret.Length; at += 16)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(seeded[at..], Read64(Secret, at) + seed);
            BinaryPrimitives.WriteUInt64LittleEndian(seeded[(at + 8)..], Read64(Secret, at + 8) - seed);
        }
    }

    private static void Accumulate(Span<ulong> lanes, ReadOnlySpan<byte> source, ReadOnlySpan<byte> secret)
    {
        var stripesPerBlock = (secret.Length - StripeLength) / SecretStep;
        var stripes = (source.Length - 1) / StripeLength;
        for (var stripe = 0; stripe < stripes; stripe++)
        {
            var inBlock = stripe % stripesPerBlock;
            AddStripe(lanes, source.Slice(stripe * StripeLength, StripeLength), secret[(inBlock * SecretStep)..]);
            if (inBlock == stripesPerBlock - 1)
            {
                Scramble(lanes, secret[^StripeLength..]);
            }
        }

        AddStripe(lanes, source[^StripeLength..], secret[^(StripeLength + 7)..]);
    }

    private static void AddStripe(Span<ulong> lanes, ReadOnlySpan<byte> stripe, ReadOnlySpan<byte> secret)
    {
        for (var lane = 0; lane < Lanes; lane++)
        {
            var value = Read64(stripe, lane * 8);
            var keyed = value ^ Read64(secret, lane * 8);
            lanes[lane ^ 1] += value;
            lanes[lane] += (keyed & uint.MaxValue) * (keyed >> 32);
        }
    }

    private static void Scramble(Span<ulong> lanes, ReadOnlySpan<byte> secret)
    {
        for (var lane = 0; lane < Lanes; lane++)
        {
            var value = lanes[lane];
            lanes[lane] = (value ^ (value >> 47) ^ Read64(secret, lane * 8)) * Prime32_1;
        }
    }

    private static ulong Merge(ReadOnlySpan<ulong> lanes, ReadOnlySpan<byte> secret, ulong start)
    {
        var hash = start;
        for (var lane = 0; lane < Lanes; lane += 2)
        {
            hash += MultiplyFold(lanes[lane] ^ Read64(secret, lane * 8), lanes[lane + 1] ^ Read64(secret, (lane + 1) * 8));
        }

        return Avalanche(hash);
    }
}
