using System.Net;
using System.Net.Sockets;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// A TCP proxy that injects network faults: delays, resets, silent connections and lost replies. It knows nothing about the protocol,
/// unless it is given a filter. By default it forwards everything.
/// </summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource ending = new();
    private readonly Lock gate = new();
    private readonly List<FaultyLink> links = [];
    private readonly int target;
    private readonly Func<Random, Func<byte[], byte[]>>? newFilter;
    private readonly Task accepting;
    private Mode mode;
    private double replyLossRate;
    private Func<byte[], bool> canLose = _ => true;
    private int lostReplies;

    /// <summary>Listens on a free port.</summary>
    /// <param name="target">The port of the server, on the loopback.</param>
    /// <param name="newFilter">Makes a filter for each connection, which maps the bytes from the server to the bytes to forward. It is
    /// given the random numbers of that connection.</param>
    /// <param name="seed">The seed of all random faults; by default the first of <see cref="Seeds"/>.</param>
    public FaultProxy(int target, Func<Random, Func<byte[], byte[]>>? newFilter = null, int? seed = null)
    {
        this.target = target;
        this.newFilter = newFilter;
        Seed = seed ?? Seeds.Of(1)[0];
        listener.Start();
        accepting = AcceptAsync();
    }

    private enum Mode
    {
        Pass,
        Swallow,
        Refuse,
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public Uri Address => new($"http://127.0.0.1:{Port}");

    /// <summary>The seed of the random faults. The n-th connection draws the same numbers in every run with the same seed.</summary>
    public int Seed { get; }

    /// <summary>The delay of everything that is sent from now on, in each direction. The order is kept.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>The number of bytes that were swallowed.</summary>
    public long Swallowed => Links().Sum(link => link.Swallowed);

    /// <summary>The number of connections that were accepted, including refused ones.</summary>
    public int Connections => Links().Count;

    /// <summary>The number of replies lost to <see cref="LoseReplies"/>.</summary>
    public int LostReplies => Volatile.Read(ref lostReplies);

    /// <summary>
    /// From now on, drops a reply of the server with a probability and cuts the connection: the server has executed the request, but the
    /// client does not know.
    /// </summary>
    /// <param name="probability">The probability; 0 loses nothing.</param>
    /// <param name="which">Selects the chunks of bytes that may be lost; all by default.</param>
    public void LoseReplies(double probability, Func<byte[], bool>? which = null)
    {
        canLose = which ?? (_ => true);
        Volatile.Write(ref replyLossRate, probability);
    }

    /// <summary>Turns current and new connections into silent ones for good: their bytes are dropped, and closing one end is not
    /// forwarded to the other.</summary>
    public void Swallow()
    {
        SetMode(Mode.Swallow);
        Links().ForEach(link => link.Swallow());
    }

    /// <summary>Resets current connections, silent ones too, and those that are made from now on.</summary>
    public void Refuse()
    {
        SetMode(Mode.Refuse);
        Cut();
    }

    /// <summary>Forwards connections that are made from now on. Silent ones stay silent.</summary>
    public void Pass() => SetMode(Mode.Pass);

    /// <summary>Resets current connections, silent ones too.</summary>
    public void Cut() => Links().ForEach(link => link.Cut());

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        listener.Dispose();
        await accepting;
        foreach (var link in Links())
        {
            await link.DisposeAsync();
        }

        ending.Dispose();
    }

    private void SetMode(Mode next)
    {
        lock (gate)
        {
            mode = next;
        }
    }

    private List<FaultyLink> Links()
    {
        lock (gate)
        {
            return [.. links];
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Link(await listener.AcceptSocketAsync(ending.Token));
            }
        }
        catch (OperationCanceledException)
        {
            // The proxy is disposed of.
        }
    }

    private bool IsLost(byte[] reply, Random random)
    {
        var isLost = random.NextDouble() < Volatile.Read(ref replyLossRate) && canLose(reply);
        Interlocked.Add(ref lostReplies, isLost ? 1 : 0);
        return isLost;
    }

    private void Link(Socket client)
    {
        FaultyLink link;
        lock (gate)
        {
            // Random numbers of its own, so that they do not depend on how the replies of several connections interleave.
            var random = new Random(unchecked((Seed * 397) ^ links.Count));
            var filter = newFilter?.Invoke(random) ?? (bytes => bytes);
            link = new FaultyLink(client, () => Delay, reply => IsLost(reply, random) ? null : filter(reply));

            // Under the lock, so that every connection sees each change of mode.
            links.Add(link);
            switch (mode)
            {
                case Mode.Swallow:
                    link.Swallow();
                    break;
                case Mode.Refuse:
                    link.Cut();
                    break;
            }
        }

        link.Start(target);
    }
}
