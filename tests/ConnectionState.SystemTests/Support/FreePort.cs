using System.Net;
using System.Net.Sockets;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// Finds ports without a listener, outside the ephemeral range: a client that keeps reconnecting while its server is down could otherwise
/// get that port as its own.
/// </summary>
internal static class FreePort
{
    private const int First = 12000;
    private const int End = 30000;

    /// <summary>Returns a port that is free now. Another process may take it first.</summary>
    public static int Find()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, End);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // In use.
            }
        }
    }
}
