namespace ConnectionStateService.TestSupportTests.Histories;

/// <summary>One story for all tests of a class: each changes a copy.</summary>
public sealed class SampleHistoryFixture : IAsyncLifetime
{
    internal SampleHistory SampleHistory { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await using var service = await Service.StartAsync();
        SampleHistory = await SampleHistory.TellAsync(service);
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
