using System.Net;
using System.Net.Sockets;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// Stands between a client and a server on TCP and breaks what a network can break. Knows nothing of what it carries, unless it is given
/// something that does. Begins by passing everything on.
/// </summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource ending = new();
    private readonly Lock gate = new();
    private readonly List<FaultyLink> links = [];
    private readonly int target;
    private readonly Func<Func<byte[], byte[]>>? newFilter;
    private readonly Task accepting;
    private Mode mode;
    private double losing;
    private Func<byte[], bool> losable = _ => true;
    private int lostReplies;

    /// <summary>
    /// Listens on a free port, for the server at a port of the loopback. If asked to, makes a filter for each connection, which is given
    /// what arrives from the server and says what to pass on.
    /// </summary>
    public FaultProxy(int target, Func<Func<byte[], byte[]>>? newFilter = null)
    {
        this.target = target;
        this.newFilter = newFilter;
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

    /// <summary>How late everything arrives that is sent from now on, in each direction. The order stays.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>How many bytes were swallowed.</summary>
    public long Swallowed => All().Sum(link => link.Swallowed);

    /// <summary>How many connections were made to the proxy, whatever became of them.</summary>
    public int Connections => All().Count;

    /// <summary>How often an answer was lost: see <see cref="LoseReplies"/>.</summary>
    public int LostReplies => Volatile.Read(ref lostReplies);

    /// <summary>
    /// From now on, when the server answers, the answer is with that probability not passed on, and the connection is cut instead: what
    /// was asked for is done, and nobody hears of it. Nothing is lost with 0.
    /// </summary>
    /// <param name="probability">How probably.</param>
    /// <param name="which">Which of them, as they arrive; all, if nothing else is said.</param>
    public void LoseReplies(double probability, Func<byte[], bool>? which = null)
    {
        losable = which ?? (_ => true);
        Volatile.Write(ref losing, probability);
    }

    /// <summary>
    /// The connections that there are go silent for good: their bytes go nowhere, and neither side hears of it, even if the other
    /// closes. Those that are made from now on are silent from the start.
    /// </summary>
    public void Swallow()
    {
        Become(Mode.Swallow);
        All().ForEach(link => link.Swallow());
    }

    /// <summary>Cuts the connections that there are, silent ones too, and those that are made from now on.</summary>
    public void Refuse()
    {
        Become(Mode.Refuse);
        Cut();
    }

    /// <summary>Connections that are made from now on are as good as new. Silent ones stay silent.</summary>
    public void Pass() => Become(Mode.Pass);

    /// <summary>Cuts the connections that there are, silent ones too: both sides see a reset.</summary>
    public void Cut() => All().ForEach(link => link.Cut());

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        listener.Dispose();
        await accepting;
        foreach (var link in All())
        {
            await link.DisposeAsync();
        }

        ending.Dispose();
    }

    private void Become(Mode next)
    {
        lock (gate)
        {
            mode = next;
        }
    }

    private List<FaultyLink> All()
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
            // The proxy is done with.
        }
    }

    private bool Loses(byte[] answer)
    {
        var loses = Random.Shared.NextDouble() < Volatile.Read(ref losing) && losable(answer);
        Interlocked.Add(ref lostReplies, loses ? 1 : 0);
        return loses;
    }

    private void Link(Socket client)
    {
        var filter = newFilter?.Invoke() ?? (bytes => bytes);
        var link = new FaultyLink(client, () => Delay, bytes => Loses(bytes) ? null : filter(bytes));
        lock (gate)
        {
            // Under the lock, so that no connection slips through between a change of mode and what it does to those that there are.
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
