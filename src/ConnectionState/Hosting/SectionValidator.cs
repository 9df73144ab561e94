using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Hosting;

/// <summary>Checks options by their annotations, and names what is wrong as it is written in the configuration.</summary>
internal sealed class SectionValidator<T>(string section) : IValidateOptions<T> where T : class
{
    public ValidateOptionsResult Validate(string? name, T options)
    {
        var wrong = new List<ValidationResult>();
        return Validator.TryValidateObject(options, new ValidationContext(options), wrong, validateAllProperties: true)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(wrong.Select(result => Describe(result, options)));
    }

    private string Describe(ValidationResult result, T options)
    {
        var values = result.MemberNames.Select(member => $"{section}:{member} is {Text(typeof(T).GetProperty(member)?.GetValue(options))}; ");
        return $"{string.Concat(values)}{result.ErrorMessage} (section {section}; docs/options.md has all options)";
    }

    private static object? Text(object? value) => value is IEnumerable<string> list ? string.Join(", ", list) : value;
}
