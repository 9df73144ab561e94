using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.TestSupportTests.Histories;

/// <summary>One recorded history for all tests of a class; each test changes a copy.</summary>
public sealed class SampleHistoryFixture : IAsyncLifetime
{
    internal SampleHistory SampleHistory { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await using var service = await Service.StartAsync();
        SampleHistory = await SampleHistory.RecordAsync(service);
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
