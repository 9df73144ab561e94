namespace FsCheck.Xunit;

/// <summary>A property that does not hold, with its smallest counter-example.</summary>
public class PropertyFailedException(string message) : Exception(message);
