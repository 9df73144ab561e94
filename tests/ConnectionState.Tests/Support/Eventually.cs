using System.Diagnostics;

namespace ConnectionStateService.Tests.Support;

/// <summary>Waits for a condition that another thread fulfills.</summary>
internal static class Eventually
{
    // Ends a test that would hang. Longer than a shared machine has been seen to stop: 36 seconds.
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public static async Task TrueAsync(Func<Task<bool>> condition)
    {
        var waiting = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(waiting.Elapsed < Patience, $"The condition did not become true within {Patience}.");
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }
}
