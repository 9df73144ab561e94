using ConnectionStateService.Client;
using ConnectionStateService.Hosting;
using ConnectionStateService.Merchants;
using ConnectionStateService.Store;
using ConnectionStateService.Timers;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ConnectionStateService.Tests.Support;

/// <summary>The whole service in this process, with its own embedded store and a clock that the test controls.</summary>
public sealed class Service : IAsyncDisposable
{
    private readonly TemporaryFolder folder;
    private readonly WebApplication app;

    private Service(TemporaryFolder folder, WebApplication app, ManualClock clock)
    {
        this.folder = folder;
        this.app = app;
        Clock = clock;
        var options = new ConnectionStateClientOptions
        {
            Address = new(Addresses.FirstOrDefault() ?? "http://localhost"),
            MaxAttempts = 1,
            Deadline = Eventually.Patience,
        };
        Client = new ConnectionStateClient(options, channel => UseServer(channel));
    }

    public ConnectionStateClient Client { get; }

    internal ManualClock Clock { get; }

    internal IConnectionStore Store => app.Services.GetRequiredService<IConnectionStore>();

    internal MerchantCommandHandler Handler => app.Services.GetRequiredService<MerchantCommandHandler>();

    internal string Database => folder.File("test.db");

    internal IServiceProvider Services => app.Services;

    // Empty if the service does not listen but is called in process.
    private ICollection<string> Addresses => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [];

    /// <summary>Starts a service.</summary>
    /// <param name="settings">Options that differ from the defaults.</param>
    /// <param name="replace">Registers services before those of the service, which then keeps them.</param>
    /// <param name="environment">Development or Production.</param>
    /// <param name="listens">
    /// Whether calls use Kestrel and loopback sockets instead of TestServer. With TestServer, a message of another stream sometimes arrived
    /// corrupted when thousands of streams were cancelled during a write.
    /// </param>
    internal static async Task<Service> StartAsync(
        Dictionary<string, string?>? settings = null,
        Action<IServiceCollection>? replace = null,
        string environment = "Production",
        bool listens = false)
    {
        var folder = new TemporaryFolder();
        var clock = new ManualClock();
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Store:Path"] = folder.File("test.db"),
            ["Listen:GrpcPort"] = "0",
            ["Listen:HttpPort"] = "0",
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(clock);
        replace?.Invoke(builder.Services);
        builder.Services.AddConnectionState();
        builder.Services.AddTelemetry(builder.Configuration);

        // Tests process deadlines by calling PassAsync, so that they know when it is done.
        builder.Services.Remove(builder.Services.Single(service => service.ImplementationType == typeof(TimerService)));
        if (listens)
        {
            builder.Services.AddKestrelEndpoints();
        }
        else
        {
            builder.WebHost.UseTestServer();
        }

        var app = builder.Build();
        app.MapConnectionState();
        await app.StartAsync();
        return new Service(folder, app, clock);
    }

    internal ApiMerchant NewMerchant()
    {
        // Tests share pages: a later shop's grants must be later than those of the shops before.
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        return new(Client, $"shop-{Guid.NewGuid():N}");
    }

    internal GrpcChannel NewChannel() => GrpcChannel.ForAddress("http://localhost", UseServer(new GrpcChannelOptions()));

    internal HttpClient NewHttpClient() => app.GetTestClient();

    /// <summary>Advances the clock and processes the deadlines that are due then.</summary>
    internal async Task PassAsync(TimeSpan time)
    {
        Clock.Advance(time);
        await app.Services.GetRequiredService<DeadlineProcessor>().ProcessDueAsync(CancellationToken.None);
        await app.Services.GetRequiredService<PageClaimProcessor>().ProcessUnsettledAsync(CancellationToken.None);
    }

    /// <summary>
    /// Lets the embedded store notice that the test has changed its file, as the next write or readiness check would: it forgets what it has
    /// cached.
    /// </summary>
    internal Task NoticeForeignChangesAsync() => Store.CheckAsync(CancellationToken.None);

    /// <summary>Stops the service gracefully.</summary>
    internal Task StopAsync() => app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        folder.Dispose();
    }

    private GrpcChannelOptions UseServer(GrpcChannelOptions options)
    {
        if (app.Services.GetRequiredService<IServer>() is TestServer server)
        {
            options.HttpHandler = server.CreateHandler();
        }

        return options;
    }
}
