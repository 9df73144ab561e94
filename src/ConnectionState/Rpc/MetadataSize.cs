using Microsoft.Net.Http.Headers;

namespace ConnectionStateService.Rpc;

/// <summary>The size of a call's metadata, as HTTP/2 counts headers: names, values and 32 bytes for each.</summary>
internal static class MetadataSize
{
    /// <summary>The maximum.</summary>
    public const int Max = 16 * 1024;

    private const int HeaderOverhead = 32;
    private const string BinarySuffix = "-bin";

    // Headers of the protocol are no metadata. They may add as much again, which no client needs.
    private const int MaxWithProtocol = 2 * Max;

    private static readonly HashSet<string> Protocol = new(StringComparer.OrdinalIgnoreCase)
    {
        HeaderNames.AcceptEncoding, HeaderNames.ContentType, HeaderNames.Host, HeaderNames.TE, HeaderNames.GrpcAcceptEncoding, HeaderNames.GrpcEncoding,
        HeaderNames.GrpcTimeout,
    };

    /// <summary>Whether a call has too much metadata.</summary>
    /// <param name="headers">The headers of its request.</param>
    /// <param name="size">How much it has, in bytes, if it is too much.</param>
    public static bool IsExceeded(IHeaderDictionary headers, out int size)
    {
        size = SizeOf(headers, onlyMetadata: false);
        if (size is > Max and <= MaxWithProtocol)
        {
            size = SizeOf(headers, onlyMetadata: true);
        }

        return size > Max;
    }

    private static int SizeOf(IHeaderDictionary headers, bool onlyMetadata)
    {
        var size = 0;
        foreach (var (name, values) in headers)
        {
            if (onlyMetadata && (name.StartsWith(':') || Protocol.Contains(name)))
            {
                continue;
            }

            foreach (var value in values)
            {
                var length = value?.Length ?? 0;
                size += HeaderOverhead + name.Length + (onlyMetadata && name.EndsWith(BinarySuffix, StringComparison.Ordinal) ? length * 3 / 4 : length);
            }
        }

        return size;
    }
}
