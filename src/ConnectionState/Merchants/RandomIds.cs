namespace ConnectionStateService.Merchants;

/// <summary>Creates the random ids of commits and grants.</summary>
internal static class RandomIds
{
    /// <summary>Returns 64 random bits; never 0, which means "none".</summary>
    /// <remarks>An id must be unique, not secret: a system call for each would cost more than the decision of a command.</remarks>
    public static ulong Next()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Random.Shared.NextBytes(bytes);
        return Math.Max(1, BitConverter.ToUInt64(bytes));
    }
}
