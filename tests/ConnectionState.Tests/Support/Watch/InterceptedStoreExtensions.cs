using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>Registers an embedded store whose calls a test can intercept.</summary>
internal static class InterceptedStoreExtensions
{
    public static IServiceCollection AddInterceptedStore(this IServiceCollection services, Action<InterceptedStore> created) =>
        services.AddSingleton<IConnectionStore>(provider =>
        {
            var store = new InterceptedStore(ActivatorUtilities.CreateInstance<SqliteStore>(provider));
            created(store);
            return store;
        });
}
