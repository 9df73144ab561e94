using System.Net;
using System.Net.Sockets;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// Ports that nobody listens on. Not from the range that connections get theirs from: a client that tries again and again while its
/// server is down would in the end be given that very port.
/// </summary>
internal static class FreePort
{
    private const int First = 12000;
    private const int End = 30000;

    /// <summary>A port that was free a moment ago; somebody else may be faster.</summary>
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
                // Taken.
            }
        }
    }
}
