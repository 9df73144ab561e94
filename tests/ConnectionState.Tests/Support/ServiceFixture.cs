namespace ConnectionStateService.Tests.Support;

/// <summary>One service for all tests of a class. Each test uses its own merchants.</summary>
public sealed class ServiceFixture : IAsyncLifetime
{
    public Service Service { get; private set; } = null!;

    public async Task InitializeAsync() => Service = await Service.StartAsync();

    public async Task DisposeAsync() => await Service.DisposeAsync();
}
