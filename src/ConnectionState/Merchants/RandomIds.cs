using System.Security.Cryptography;

namespace ConnectionStateService.Merchants;

/// <summary>Creates the random ids of commits and grants.</summary>
internal static class RandomIds
{
    /// <summary>Returns 64 random bits; never 0, which means "none".</summary>
    public static ulong Next()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return Math.Max(1, BitConverter.ToUInt64(bytes));
    }
}
