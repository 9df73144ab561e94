using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>Puts the test between the service and its store.</summary>
internal static class InterceptedStoreExtensions
{
    public static void AddInterceptedStore(this IServiceCollection services, Action<InterceptedStore> made) =>
        services.AddSingleton<IConnectionStore>(provider =>
        {
            var store = new InterceptedStore(ActivatorUtilities.CreateInstance<SqliteStore>(provider));
            made(store);
            return store;
        });
}
