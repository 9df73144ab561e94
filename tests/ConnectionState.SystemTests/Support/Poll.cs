using System.Diagnostics;
using System.Net.Sockets;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>Waits for a state that servers reach by themselves.</summary>
internal static class Poll
{
    // Ends a test that would hang.
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(40);

    /// <summary>Waits until the condition holds. A connection error or an error reply counts as false.</summary>
    public static async Task UntilAsync(string what, Func<Task<bool>> condition)
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

            Assert.True(waiting.Elapsed < Hang, $"Not reached within {Hang}: {what}. {last}");
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }
}
