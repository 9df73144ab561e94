using System.Diagnostics;
using System.Net.Sockets;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>Waits for a state that servers reach by themselves.</summary>
internal static class Poll
{
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

            Assert.True(waiting.Elapsed < Eventually.Patience, $"Not reached within {Eventually.Patience}: {what}. {last}");
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }
}
