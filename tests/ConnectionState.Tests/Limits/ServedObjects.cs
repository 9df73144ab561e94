using System.Collections.Concurrent;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionStateService.Tests.Limits;

/// <summary>
/// What a server has made for the connections and the calls of one method, by weak references: what is still in memory when they have ended
/// is a leak, whatever else the process does meanwhile.
/// </summary>
/// <param name="path">The method. Calls of others are not counted.</param>
internal sealed class ServedObjects(string path) : IStartupFilter
{
    private readonly ConcurrentQueue<WeakReference> calls = new();
    private readonly ConcurrentQueue<WeakReference> connections = new();

    /// <summary>How many calls were made so far.</summary>
    public int Calls => calls.Count;

    /// <summary>Adds itself to a server.</summary>
    public void AddTo(IServiceCollection services)
    {
        services.AddSingleton<IStartupFilter>(this);
        services.Configure<KestrelServerOptions>(kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(next => connection =>
        {
            connections.Enqueue(new(connection));
            return next(connection);
        })));
    }

    /// <summary>Collects garbage and counts what is left.</summary>
    public (int Calls, int Connections) CountAlive()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return (calls.Count(reference => reference.IsAlive), connections.Count(reference => reference.IsAlive));
    }

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(TrackAsync);
        next(app);
    };

    // Kestrel uses an HttpContext for many calls, but each call has its own services and its own ServerCallContext.
    private async Task TrackAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path != path)
        {
            await next(context);
            return;
        }

        calls.Enqueue(new(context.RequestServices));
        try
        {
            await next(context);
        }
        finally
        {
            if (context.Features.Get<IServerCallContextFeature>() is { } feature)
            {
                calls.Enqueue(new(feature.ServerCallContext));
            }
        }
    }
}
