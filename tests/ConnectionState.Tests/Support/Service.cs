using ConnectionStateService.Client;
using ConnectionStateService.Hosting;
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

/// <summary>The whole service in this process, on an embedded store of its own and a clock that the test moves.</summary>
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
            Deadline = TimeSpan.FromSeconds(30),
        };
        Client = new ConnectionStateClient(options, channel => UseServer(channel));
    }

    public ConnectionStateClient Client { get; }

    internal ManualClock Clock { get; }

    internal IConnectionStore Store => app.Services.GetRequiredService<IConnectionStore>();

    internal MerchantCommandHandler Merchants => app.Services.GetRequiredService<MerchantCommandHandler>();

    internal string Database => folder.File("test.db");

    internal IServiceProvider Services => app.Services;

    // Where it listens; nowhere, if calls reach it within the process.
    private ICollection<string> Addresses => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [];

    /// <summary>Starts a service.</summary>
    /// <param name="settings">Options other than the defaults.</param>
    /// <param name="replace">Puts in what takes the place of something.</param>
    /// <param name="environment">Development or Production.</param>
    /// <param name="listens">
    /// Calls come over sockets of the loopback, as they do in earnest. Without, where thousands of streams are hung up on in the middle of
    /// a write, now and then a message of another stream was seen to arrive spoilt.
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
            // The tests sweep by hand, so that they know when it is done.
            ["Timer:Interval"] = "00:01:00",
            ["Listen:GrpcPort"] = "0",
            ["Listen:HttpPort"] = "0",
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(clock);
        replace?.Invoke(builder.Services);
        builder.Services.AddConnectionState();
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
        // What it is granted is granted later than what those before it were: tests share pages.
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        return new(Client, $"shop-{Guid.NewGuid():N}");
    }

    internal GrpcChannel NewChannel() => GrpcChannel.ForAddress("http://localhost", UseServer(new GrpcChannelOptions()));

    internal HttpClient NewHttpClient() => app.GetTestClient();

    /// <summary>Moves the clock, and lets the timer carry out what is due by then.</summary>
    internal async Task PassAsync(TimeSpan time)
    {
        Clock.Advance(time);
        await app.Services.GetRequiredService<DeadlineProcessor>().ProcessDueAsync(CancellationToken.None);
    }

    /// <summary>Stops the service as a deployment does; what was asked of it before may still be answered.</summary>
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
