using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Auth;

/// <summary>
/// Reads the key file at start, and again when it changed. The file is compared every few seconds: a mounted secret is replaced by a symbolic link,
/// which file watchers miss.
/// </summary>
internal sealed partial class KeyRingSource(
    IOptions<AuthOptions> options, AuthorizedStreams streams, TimeProvider clock, ILogger<KeyRingSource> logger) : BackgroundService
{
    private static readonly TimeSpan RereadInterval = TimeSpan.FromSeconds(5);

    private volatile KeyRing current = KeyRing.Empty;
    private byte[] content = [];
    private bool isUnreadable;

    /// <summary>The callers now.</summary>
    public KeyRing Current => current;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        Reread();
        return base.StartAsync(cancellationToken);
    }

    /// <summary>Reads the file if it changed. What cannot be used is logged, and the callers stay as they are.</summary>
    public void Reread()
    {
        if (options.Value.KeysFile.Length == 0)
        {
            return;
        }

        byte[] read;
        try
        {
            read = File.ReadAllBytes(options.Value.KeysFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!isUnreadable)
            {
                Log.Unreadable(logger, options.Value.KeysFile, e.Message);
            }

            isUnreadable = true;
            return;
        }

        isUnreadable = false;
        if (!read.AsSpan().SequenceEqual(content))
        {
            content = read;
            TryReplace(read);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.KeysFile.Length == 0)
        {
            return;
        }

        using var timer = new PeriodicTimer(RereadInterval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Reread();
        }
    }

    // A file that nobody thought of must not stop the process. The message of the exception may have something of the file.
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The previous keys stay valid.")]
    private void TryReplace(byte[] read)
    {
        try
        {
            Replace(read);
        }
        catch (Exception e)
        {
            Log.Invalid(logger, options.Value.KeysFile, e.GetType().Name);
        }
    }

    private void Replace(byte[] read)
    {
        var errors = KeyFile.Parse(read, out var file);
        if (file is null)
        {
            Log.Invalid(logger, options.Value.KeysFile, string.Join("; ", errors));
            return;
        }

        var previous = current;
        current = new KeyRing(file, previous);
        previous.RevokeMissing(current);
        streams.EndRevoked();
        Log.Read(logger, options.Value.KeysFile, current.Count);
    }

    private static partial class Log
    {
        [LoggerMessage(8001, LogLevel.Information, "Read {File}: {Count} keys and certificate names.")]
        public static partial void Read(ILogger logger, string file, int count);

        [LoggerMessage(8002, LogLevel.Error, "{File} has errors and is not used; the previous keys stay valid: {Errors}.")]
        public static partial void Invalid(ILogger logger, string file, string errors);

        [LoggerMessage(8003, LogLevel.Error, "{File} cannot be read; the keys stay as they are: {Error}")]
        public static partial void Unreadable(ILogger logger, string file, string error);
    }
}
