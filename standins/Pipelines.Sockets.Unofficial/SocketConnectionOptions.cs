namespace Pipelines.Sockets.Unofficial;

[Flags]
public enum SocketConnectionOptions
{
    None = 0,

    /// <summary>Wait for bytes before taking memory for them.</summary>
    ZeroLengthReads = 1,

    InlineReads = 2,
    InlineWrites = 4,
    InlineConnect = 8,
}
