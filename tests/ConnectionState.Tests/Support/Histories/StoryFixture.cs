namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>One story for all tests of a class: each changes a copy.</summary>
public sealed class StoryFixture : IAsyncLifetime
{
    internal Story Story { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await using var service = await Service.StartAsync();
        Story = await Story.TellAsync(service);
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
