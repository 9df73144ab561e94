using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace ConnectionStateService.Tests.Watch.Promises;

/// <summary>A service whose timers run on a fake clock and whose store calls can be intercepted. Each test uses merchants of its own.</summary>
public sealed class FakeClockService : IAsyncLifetime
{
    public Service Service { get; private set; } = null!;

    internal FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero));

    internal InterceptedStore Store { get; private set; } = null!;

    public async Task InitializeAsync() => Service = await Service.StartAsync(replace: services => services
        .AddSingleton<TimeProvider>(Clock)
        .AddInterceptedStore(store => Store = store));

    public async Task DisposeAsync() => await Service.DisposeAsync();

    /// <summary>Advances the clock second by second until the task is completed.</summary>
    internal async Task AdvanceUntilAsync(Task task)
    {
        while (!task.IsCompleted)
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(task, Task.Delay(TimeSpan.FromMilliseconds(2)));
        }

        await task;
    }
}
