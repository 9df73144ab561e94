using System.Diagnostics;
using System.Net.Sockets;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>Waits for what servers agree on in their own time.</summary>
internal static class InTime
{
    /// <summary>Longer than anything here takes.</summary>
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(40);

    /// <summary>A server that does not answer, or turns the question down, counts as no.</summary>
    public static async Task TrueAsync(string what, Func<Task<bool>> condition)
    {
        var waiting = Stopwatch.StartNew();
        var last = "";
        while (true)
        {
            try
            {
                if (await condition())
                {
                    return;
                }
            }
            catch (Exception e) when (e is SocketException or IOException or RedisErrorException)
            {
                last = e.Message;
            }

            Assert.True(waiting.Elapsed < Hang, $"Not so after {Hang}: {what}. {last}");
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }
}
