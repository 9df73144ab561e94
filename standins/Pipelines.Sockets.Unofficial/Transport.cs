using System.Buffers;

namespace Pipelines.Sockets.Unofficial;

/// <summary>What bytes are moved over. Closing it ends what is under way with an exception.</summary>
internal abstract class Transport
{
    /// <summary>Waits for bytes before memory is taken for them, if that was asked for.</summary>
    public virtual ValueTask WaitToReceiveAsync() => default;

    /// <summary>0 at the end.</summary>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    public abstract ValueTask SendAsync(ReadOnlySequence<byte> bytes);

    /// <summary>What has come can still be received; then comes the end, as the other side would have made it.</summary>
    /// <returns>Whether that can be done.</returns>
    public abstract bool TryEndReceiving();

    /// <summary>Tells the other side that no more comes.</summary>
    public abstract void EndSending();

    public abstract void Close();
}
