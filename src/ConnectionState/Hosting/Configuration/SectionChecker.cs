using System.ComponentModel;
using System.Reflection;

namespace ConnectionStateService.Hosting.Configuration;

/// <summary>
/// Compares a configuration section with the options class it is bound to. The binder of .NET stops at the first error; this finds all.
/// </summary>
internal static class SectionChecker
{
    /// <summary>Finds unknown options and values of the wrong type.</summary>
    /// <param name="section">The section to check.</param>
    /// <param name="type">The options class.</param>
    /// <param name="isOwnSection">Whether a key is a section that is checked on its own.</param>
    public static IEnumerable<ConfigurationError> FindErrors(IConfigurationSection section, Type type, Func<string, bool> isOwnSection)
    {
        if (!string.IsNullOrEmpty(section.Value))
        {
            yield return Wrong(section, $"options of its own, such as {section.Path}:{type.GetProperties()[0].Name}");
        }

        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite).ToList();
        foreach (var child in section.GetChildren().Where(child => !isOwnSection(child.Path)))
        {
            var property = properties.Find(property => property.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase));
            var errors = property is null
                ? [Unknown(child, section.Path, properties)]
                : FindErrorsInValue(child, property.PropertyType, isOwnSection);
            foreach (var error in errors)
            {
                yield return error;
            }
        }
    }

    private static IEnumerable<ConfigurationError> FindErrorsInValue(IConfigurationSection value, Type type, Func<string, bool> isOwnSection)
    {
        if (ElementType(type) is { } element)
        {
            // An empty value is an empty list.
            return string.IsNullOrEmpty(value.Value)
                ? value.GetChildren().SelectMany(child => FindErrorsInValue(child, element, isOwnSection))
                : [Wrong(value, $"a list: set {value.Path}:0, {value.Path}:1 and so on")];
        }

        if (!IsScalar(type))
        {
            return FindErrors(value, type, isOwnSection);
        }

        if (value.GetChildren().FirstOrDefault() is { } child)
        {
            return [new ConfigurationError(child.Path, $"{child.Path} is not an option; {value.Path} has a single value.")];
        }

        return CanConvert(value.Value, type) ? [] : [Wrong(value, Describe(type))];
    }

    private static ConfigurationError Unknown(IConfigurationSection value, string section, IEnumerable<PropertyInfo> properties)
    {
        var nearest = Spelling.FindNearest(value.Key, properties.Select(property => property.Name));
        var suggestion = nearest is null ? "" : $" Did you mean {section}:{nearest}?";
        return new ConfigurationError(value.Path, $"{value.Path} is not an option.{suggestion} docs/options.md lists all options.");
    }

    private static ConfigurationError Wrong(IConfigurationSection value, string expected) =>
        new(value.Path, $"{value.Path} is '{value.Value}'; it must be {expected}.");

    private static Type? ElementType(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;

    private static bool IsScalar(Type type) => TypeDescriptor.GetConverter(type).CanConvertFrom(typeof(string));

    // As the binder converts: an empty value is null where the type has null.
    private static bool CanConvert(string? value, Type type)
    {
        if (value is null || type == typeof(string) || (value.Length == 0 && Nullable.GetUnderlyingType(type) is not null))
        {
            return true;
        }

        try
        {
            return TypeDescriptor.GetConverter(type).ConvertFromInvariantString(value) is not null;
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException or NotSupportedException)
        {
            return false;
        }
    }

    private static string Describe(Type type)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        var description = plain switch
        {
            { IsEnum: true } => $"one of {string.Join(", ", Enum.GetNames(plain))}",
            _ when plain == typeof(bool) => "true or false",
            _ when plain == typeof(TimeSpan) => "a time as [days.]hours:minutes:seconds, such as 00:00:15",
            _ when plain == typeof(int) || plain == typeof(long) => "a whole number",
            _ => $"a value of type {plain.Name}",
        };
        return plain == type ? description : $"{description}, or empty";
    }
}
