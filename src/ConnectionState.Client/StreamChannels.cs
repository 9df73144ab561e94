using ConnectionStateService.V1;
using Grpc.Net.Client;

namespace ConnectionStateService.Client;

/// <summary>
/// The channel that streams use. A connection that went silent is not given up by the channel for a long while, and would take new
/// streams as well; so a channel on which a stream fell silent is retired, and lives only as long as the streams that it has.
/// </summary>
internal sealed class StreamChannels(Func<GrpcChannel> open, Func<GrpcChannel, WatchService.WatchServiceClient> connect) : IDisposable
{
    private readonly Lock gate = new();
    private readonly List<Shared> all = [];
    private Shared? current;
    private bool disposed;

    /// <summary>A place on the channel for one stream; to be disposed of with the stream.</summary>
    public Lease Take()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, typeof(ConnectionStateClient));
            if (current is null)
            {
                var channel = open();
                current = new Shared(channel, connect(channel));
                all.Add(current);
            }

            current.Streams++;
            return new Lease(this, current);
        }
    }

    /// <summary>Closes the channel, and the retired ones that still have streams.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            current = null;
            all.ForEach(shared => shared.Channel.Dispose());
            all.Clear();
        }
    }

    private void Retire(Shared shared)
    {
        lock (gate)
        {
            if (current == shared)
            {
                current = null;
            }
        }
    }

    private void Return(Shared shared)
    {
        lock (gate)
        {
            shared.Streams--;
            if (shared.Streams == 0 && current != shared && all.Remove(shared))
            {
                shared.Channel.Dispose();
            }
        }
    }

    /// <summary>A channel and how many streams it has.</summary>
    internal sealed class Shared(GrpcChannel channel, WatchService.WatchServiceClient client)
    {
        public GrpcChannel Channel => channel;

        public WatchService.WatchServiceClient Client => client;

        public int Streams { get; set; }
    }

    /// <summary>One stream's place on a channel.</summary>
    internal readonly struct Lease(StreamChannels channels, Shared shared) : IDisposable
    {
        public WatchService.WatchServiceClient Client => shared.Client;

        /// <summary>The stream fell silent: no new stream may use its channel.</summary>
        public void Retire() => channels.Retire(shared);

        public void Dispose() => channels.Return(shared);
    }
}
