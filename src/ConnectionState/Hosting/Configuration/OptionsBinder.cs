using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Hosting.Configuration;

/// <summary>Binds options to their section and validates them. Reports every error of the section at once.</summary>
internal sealed class OptionsBinder<T>(IConfiguration configuration, OptionsSection section, IEnumerable<OptionsSection> sections)
    : IConfigureOptions<T>, IValidateOptions<T> where T : class
{
    private readonly ImmutableArray<ConfigurationError> errors =
        [.. SectionChecker.FindErrors(configuration.GetSection(section.Name), typeof(T), key => IsSection(sections, key))];

    // Binding a section binds the sections in it too. Their errors are not reported here, but would stop the binder.
    private readonly ImmutableArray<ConfigurationError> unbindable =
        [.. SectionChecker.FindErrors(configuration.GetSection(section.Name), typeof(T), _ => false)];

    public void Configure(T options) => WithoutErrors().Bind(options);

    public ValidateOptionsResult Validate(string? name, T options)
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        string[] failures = [.. errors.Select(error => error.Message), .. results.Select(result => Describe(result, options))];
        return failures.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static bool IsSection(IEnumerable<OptionsSection> sections, string key) =>
        sections.Any(section => section.Name.Equals(key, StringComparison.OrdinalIgnoreCase));

    // What can be bound is bound, so that its range is validated too.
    private IConfiguration WithoutErrors()
    {
        if (unbindable.IsEmpty)
        {
            return configuration.GetSection(section.Name);
        }

        var valid = configuration.GetSection(section.Name).AsEnumerable()
            .Where(pair => pair.Value is not null && !unbindable.Any(error => Contains(error.Key, pair.Key)));
        return new ConfigurationBuilder().AddInMemoryCollection(valid).Build().GetSection(section.Name);
    }

    private static bool Contains(string parent, string key) =>
        key.Equals(parent, StringComparison.OrdinalIgnoreCase) || key.StartsWith($"{parent}:", StringComparison.OrdinalIgnoreCase);

    private string Describe(ValidationResult result, T options)
    {
        var values = result.MemberNames.Select(
            member => $"{section.Name}:{member} is {Text(typeof(T).GetProperty(member)?.GetValue(options))}; ");
        return $"{string.Concat(values)}{result.ErrorMessage} (section {section.Name}; docs/options.md lists all options)";
    }

    private static object? Text(object? value) => value is IEnumerable<string> list ? string.Join(", ", list) : value;
}
