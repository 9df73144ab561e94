namespace ConnectionStateService.Hosting.Configuration;

/// <summary>A section of the configuration that belongs to this service.</summary>
/// <param name="Name">The section's path, such as <c>Store:Redis</c>.</param>
internal sealed record OptionsSection(string Name);
