using System.ComponentModel.DataAnnotations;

namespace ConnectionStateService.Hosting;

/// <summary>The console. Configuration section <c>Console</c>.</summary>
public sealed class ConsoleOptions : IValidatableObject
{
    /// <summary>
    /// The origins whose pages may embed the console in a frame and give it merchant tokens (docs/console.md). Other pages can do neither.
    /// </summary>
    /// <value>
    /// Origins as browsers send them (<c>https://shop.example</c>, <c>http://localhost:5173</c>), in
    /// <c>Console:EmbeddingOrigins:0</c>, <c>:1</c> and so on. The default is none.
    /// </value>
    public IReadOnlyList<string> EmbeddingOrigins { get; set; } = [];

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!EmbeddingOrigins.All(BrowserOrigin.IsValid))
        {
            yield return new ValidationResult(BrowserOrigin.Describe(nameof(EmbeddingOrigins)), [nameof(EmbeddingOrigins)]);
        }
    }
}
