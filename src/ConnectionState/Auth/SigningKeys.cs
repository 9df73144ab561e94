using ConnectionStateService.Store;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace ConnectionStateService.Auth;

/// <summary>The signing keys of the store, as this process knows them, and their rotation. Every process may rotate; the store decides who does.</summary>
internal sealed partial class SigningKeys(
    ITokenStore store, IStoreClock storeClock, IOptions<MerchantTokenOptions> options, TimeProvider clock, ILogger<SigningKeys> logger)
    : IDisposable
{
    private const int MaxAttempts = 8;

    // Anybody can send a token with an unknown key: such tokens make the store be read no more often than this.
    private static readonly TimeSpan MinReadInterval = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim refreshing = new(1);
    private readonly Lazy<SealingKeys> sealing = new(() => ReadSealingKeys(options.Value.SealingKeyFile));
    private volatile SigningKeySet current = SigningKeySet.Empty;
    private volatile bool isUnreadable;
    private byte[] stored = [];
    private long readAt;

    /// <summary>Whether the service issues merchant tokens.</summary>
    public bool IsEnabled => options.Value.SealingKeyFile.Length > 0;

    /// <summary>Whether the keys in the store could not be opened when they were read last, so that there may be valid tokens of unknown keys.</summary>
    public bool IsUnreadable => isUnreadable;

    /// <summary>The keys; null if the service issues no merchant tokens.</summary>
    public SigningKeySet? Current => IsEnabled ? current : null;

    private static ReadOnlySpan<byte> Purpose => "connectionstate signing keys"u8;

    /// <summary>Returns the public key with an id, or null. Reads the store if the key is not known, but not every time.</summary>
    public async ValueTask<SecurityKey?> FindAsync(string? id, CancellationToken cancellationToken)
    {
        if (!IsEnabled || string.IsNullOrEmpty(id))
        {
            return null;
        }

        if (current.Find(id) is { } known)
        {
            return known;
        }

        var last = Volatile.Read(ref readAt);
        if (clock.GetElapsedTime(last) < MinReadInterval || Interlocked.CompareExchange(ref readAt, clock.GetTimestamp(), last) != last)
        {
            return null;
        }

        try
        {
            await RefreshAsync(cancellationToken);
        }
        catch (StoreUnusableException e)
        {
            if (!isUnreadable)
            {
                Log.Unreadable(logger, e.Message);
            }

            isUnreadable = true;
        }

        return current.Find(id);
    }

    /// <summary>Reads the keys, and rotates them if it is time.</summary>
    /// <exception cref="StoreUnusableException">No sealing key opens the keys in the store.</exception>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await refreshing.WaitAsync(cancellationToken);
        try
        {
            var read = await store.ReadSigningKeysAsync(cancellationToken);
            var now = await storeClock.GetTimeAsync(cancellationToken);
            for (var attempt = 0; attempt < MaxAttempts; attempt++)
            {
                var set = Open(read);
                var rotated = set.RotateAt(now, options.Value.KeyRotation);
                if (rotated == set && sealing.Value.IsSealedByFirst(read, Purpose))
                {
                    break;
                }

                var replacement = sealing.Value.Seal(rotated.Encode(), Purpose);
                read = await store.ReplaceSigningKeysAsync(read, replacement, cancellationToken);
                if (read.AsSpan().SequenceEqual(replacement))
                {
                    Log.Rotated(logger, rotated.PublicKeys.Count());
                }
            }

            (current, stored) = (Open(read), read);
            isUnreadable = false;
            Volatile.Write(ref readAt, clock.GetTimestamp());
        }
        finally
        {
            refreshing.Release();
        }
    }

    public void Dispose() => refreshing.Dispose();

    private static SealingKeys ReadSealingKeys(string path) =>
        SealingKeys.Parse(File.ReadAllText(path), out var keys) is { } error
            ? throw new StoreUnusableException($"Auth:MerchantTokens:SealingKeyFile: {error}")
            : keys!;

    // The same bytes are the same set: its keys have cached signature providers.
    private SigningKeySet Open(byte[] bytes)
    {
        if (bytes.Length == 0 || bytes.AsSpan().SequenceEqual(stored))
        {
            return bytes.Length == 0 ? SigningKeySet.Empty : current;
        }

        return sealing.Value.TryOpen(bytes, Purpose) is { } opened
            ? SigningKeySet.Decode(opened)
            : throw new StoreUnusableException(
                "The signing keys in the store are sealed with another key. Put that key into Auth:MerchantTokens:SealingKeyFile, after the new one "
                + "if it is to be replaced.");
    }

    private static partial class Log
    {
        [LoggerMessage(8011, LogLevel.Information, "Stored the signing keys of merchant tokens: {Count} are published.")]
        public static partial void Rotated(ILogger logger, int count);

        [LoggerMessage(8012, LogLevel.Error, "Merchant tokens of keys that this process does not know are refused. {Reason}")]
        public static partial void Unreadable(ILogger logger, string reason);
    }
}
