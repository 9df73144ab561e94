using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Hosting.Configuration;

internal static class OptionsServiceCollectionExtensions
{
    /// <summary>Adds options that are bound to a section of the configuration and validated at start.</summary>
    /// <param name="services">The services to add to.</param>
    /// <param name="name">The section's path, such as <c>Store:Redis</c>.</param>
    public static IServiceCollection AddOptionsSection<T>(this IServiceCollection services, string name) where T : class
    {
        var section = new OptionsSection(name);
        services.AddSingleton(section);
        services.TryAddSingleton(provider => new OptionsBinder<T>(
            provider.GetRequiredService<IConfiguration>(), section, provider.GetServices<OptionsSection>()));
        services.AddSingleton<IConfigureOptions<T>>(provider => provider.GetRequiredService<OptionsBinder<T>>());
        services.AddSingleton<IValidateOptions<T>>(provider => provider.GetRequiredService<OptionsBinder<T>>());
        services.AddOptions<T>().ValidateOnStart();
        return services;
    }

    /// <summary>Refuses sections that are not known at start.</summary>
    public static IServiceCollection AddUnknownSectionCheck(this IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SectionNames>, UnknownSections>());
        services.AddOptions<SectionNames>().ValidateOnStart();
        return services;
    }
}
