using System.Diagnostics;

namespace ConnectionStateService.Tests.Support;

/// <summary>Waits for what another thread is about to bring about.</summary>
internal static class Eventually
{
    // Far longer than anything takes: it only ends a test that would hang.
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static async Task TrueAsync(Func<Task<bool>> condition)
    {
        var waiting = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(waiting.Elapsed < Patience, "What was waited for did not come.");
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }
}
