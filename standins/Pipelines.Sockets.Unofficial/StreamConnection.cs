using System.IO.Pipelines;

namespace Pipelines.Sockets.Unofficial;

/// <summary>A stream as pipes: what TLS runs over.</summary>
public static class StreamConnection
{
    public static IDuplexPipe GetDuplex(
        Stream stream, PipeOptions? sendPipeOptions, PipeOptions? receivePipeOptions, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return DuplexPump.Start(new StreamTransport(stream), sendPipeOptions, receivePipeOptions);
    }

    public static PipeReader GetReader(Stream stream, PipeOptions? pipeOptions = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var options = pipeOptions ?? PipeOptions.Default;
        return PipeReader.Create(stream, new(options.Pool, Math.Max(options.MinimumSegmentSize, 1)));
    }
}
