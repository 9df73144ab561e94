namespace ConnectionStateService.Hosting.Configuration;

/// <summary>Something in the configuration that cannot be used.</summary>
/// <param name="Key">The key of the value or section, such as <c>Listen:GrpcPort</c>.</param>
/// <param name="Message">What is wrong and what is expected.</param>
internal sealed record ConfigurationError(string Key, string Message);
