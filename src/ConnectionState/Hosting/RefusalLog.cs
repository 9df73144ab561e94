using System.Collections.Concurrent;

namespace ConnectionStateService.Hosting;

/// <summary>
/// Logs refused origins, host names and client certificates, each once. After 100 it logs no more until the next start: anybody can send such requests, and they
/// must not fill the log.
/// </summary>
internal sealed partial class RefusalLog(ILogger<RefusalLog> logger)
{
    private const int MaxEntries = 100;
    private const int MaxLength = 200;

    private readonly ConcurrentDictionary<string, bool> logged = new(StringComparer.Ordinal);

    public void LogOrigin(string origin)
    {
        var cleaned = Clean(origin);
        if (IsFirst($"origin {cleaned}"))
        {
            Log.OriginRefused(logger, cleaned);
        }
    }

    public void LogHost(string host)
    {
        var cleaned = Clean(host);
        if (IsFirst($"host {cleaned}"))
        {
            Log.HostRefused(logger, cleaned);
        }
    }

    public void LogCertificate(string subject, string reason)
    {
        var cleaned = Clean(subject);
        if (IsFirst($"certificate {cleaned} {reason}"))
        {
            Log.CertificateRefused(logger, cleaned, reason);
        }
    }

    private bool IsFirst(string entry)
    {
        if (logged.Count >= MaxEntries || !logged.TryAdd(entry, true))
        {
            return false;
        }

        if (logged.Count == MaxEntries)
        {
            Log.LimitReached(logger, MaxEntries);
        }

        return true;
    }

    private static string Clean(string text) =>
        string.Concat(text.Take(MaxLength).Select(c => char.IsControl(c) ? '?' : c));

    private static partial class Log
    {
        [LoggerMessage(1021, LogLevel.Information, "Refused a call from origin {Origin}: it is not in Listen:AllowedOrigins. Logged once per origin.")]
        public static partial void OriginRefused(ILogger logger, string origin);

        [LoggerMessage(1022, LogLevel.Information, "Refused a call to host {Host}: it is not in Listen:AllowedHosts. Logged once per host.")]
        public static partial void HostRefused(ILogger logger, string host);

        [LoggerMessage(1024, LogLevel.Information, "Refused the client certificate {Subject}: {Reason}. Logged once per certificate.")]
        public static partial void CertificateRefused(ILogger logger, string subject, string reason);

        [LoggerMessage(1023, LogLevel.Information, "{Count} refused origins, hosts and certificates were logged; more are not logged until the next start.")]
        public static partial void LimitReached(ILogger logger, int count);
    }
}
