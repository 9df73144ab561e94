using System.Security.Cryptography;

namespace ConnectionStateService.Hosting.Tls;

/// <summary>
/// A value that is read from files, and read again after they changed. The files are looked at when the value is used, at most once per second.
/// Symbolic links are followed, since secrets that Kubernetes mounts change by their links. Files that cannot be read leave the value as it is: a
/// certificate and its key may be replaced one after the other.
/// </summary>
/// <param name="paths">The files.</param>
/// <param name="read">Reads the value.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class ReloadedFiles<T>(IReadOnlyList<string> paths, Func<T> read, TimeProvider time, ILogger logger) where T : class
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private T? value;
    private string? readStamp;
    private string? failedStamp;
    private DateTimeOffset checkedAt;

    /// <summary>The value.</summary>
    /// <exception cref="Exception">The files have never been readable.</exception>
    public T Value
    {
        get
        {
            lock (gate)
            {
                var now = time.GetUtcNow();
                if (value is null || (now - checkedAt).Duration() >= CheckInterval)
                {
                    checkedAt = now;
                    Refresh();
                }

                return value!;
            }
        }
    }

    private void Refresh()
    {
        // Before the read: files that change during it are read again.
        var stamp = string.Join('|', paths.Select(Stamp));
        if (stamp == readStamp)
        {
            return;
        }

        try
        {
            var isFirst = value is null;
            value = read();
            readStamp = stamp;
            if (!isFirst)
            {
                Log.Reloaded(logger, paths[0], value);
            }
        }
        catch (Exception e) when (value is not null && e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            if (stamp != failedStamp)
            {
                failedStamp = stamp;
                Log.NotReloaded(logger, paths[0], e);
            }
        }
    }

    private static string Stamp(string path)
    {
        var file = new FileInfo(path);
        var target = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        return target.Exists ? $"{target.FullName} {target.Length} {target.LastWriteTimeUtc.Ticks}" : "";
    }

    private static partial class Log
    {
        [LoggerMessage(1051, LogLevel.Information, "Read {Path} again after it changed: {Value}.")]
        public static partial void Reloaded(ILogger logger, string path, object value);

        [LoggerMessage(1052, LogLevel.Error, "{Path} has changed but cannot be used. What was read from it before stays in use.")]
        public static partial void NotReloaded(ILogger logger, string path, Exception exception);
    }
}
