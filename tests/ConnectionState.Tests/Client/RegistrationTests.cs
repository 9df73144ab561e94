using ConnectionStateService.Client;
using ConnectionStateService.Client.Testing;
using ConnectionStateService.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace ConnectionStateService.Tests.Client;

public sealed class RegistrationTests
{
    private static readonly DisconnectRequest Request = new() { MerchantId = "m", Page = new() { PageId = "p" } };

    private readonly ServiceCollection services = new();

    [Fact]
    public async Task AddConnectionStateClient_registers_the_client_its_parts_and_the_cache()
    {
        services.AddConnectionStateClient(o => o.Address = new("http://127.0.0.1:5999"));
        await using var provider = services.BuildServiceProvider();

        var client = provider.GetRequiredService<ConnectionStateClient>();
        Assert.Same(client.Connect, provider.GetRequiredService<ConnectService.ConnectServiceClient>());
        Assert.Same(client.Pages, provider.GetRequiredService<PageService.PageServiceClient>());
        Assert.Same(client.Signals, provider.GetRequiredService<SignalService.SignalServiceClient>());
        Assert.Same(client.Plans, provider.GetRequiredService<PlanService.PlanServiceClient>());
        Assert.Same(client.Merchants, provider.GetRequiredService<MerchantService.MerchantServiceClient>());
        Assert.Same(client.Feeds, provider.GetRequiredService<FeedService.FeedServiceClient>());
        Assert.Same(client.Fleet, provider.GetRequiredService<FleetService.FleetServiceClient>());
        Assert.Same(client.Watches, provider.GetRequiredService<WatchService.WatchServiceClient>());
        Assert.Same(client.Tokens, provider.GetRequiredService<TokenService.TokenServiceClient>());
        Assert.Same(client.Watcher, provider.GetRequiredService<IPageListWatcher>());
        Assert.Same(provider.GetRequiredService<IPageListCache>(), provider.GetRequiredService<IPageListCache>());
        Assert.IsType<PageReporter>(provider.GetRequiredService<IPageReporter>());
        Assert.Same(provider.GetRequiredService<IPageReporter>(), provider.GetRequiredService<IPageReporter>());
    }

    [Fact]
    public async Task A_service_that_is_registered_already_is_kept()
    {
        using var fake = new FakeConnectionState();
        services.AddSingleton(fake.Cache);
        services.AddSingleton(fake.Reporter);
        services.AddConnectionStateClient();
        await using var provider = services.BuildServiceProvider();

        Assert.Same(fake.Cache, provider.GetRequiredService<IPageListCache>());
        Assert.Same(fake.Reporter, provider.GetRequiredService<IPageReporter>());
    }

    [Fact]
    public async Task The_default_deadline_follows_the_system_clock_also_if_another_TimeProvider_is_registered()
    {
        var server = new ScriptedServer(StatusCode.OK);
        services.AddSingleton<TimeProvider>(new FakeTimeProvider());
        services.AddConnectionStateClient().ConfigurePrimaryHttpMessageHandler(() => server);
        await using var provider = services.BuildServiceProvider();

        await provider.GetRequiredService<ConnectionStateClient>().Pages.DisconnectAsync(Request);

        Assert.Single(server.RequestIds);
    }

    [Fact]
    public async Task Named_clients_have_options_of_their_own_and_are_keyed_services()
    {
        var (here, there) = (new ScriptedServer(StatusCode.OK), new ScriptedServer(StatusCode.OK));
        services.AddConnectionStateClient(o => o.Actor = "default").ConfigurePrimaryHttpMessageHandler(() => here);
        services.AddConnectionStateClient("eu", o => o.Actor = "eu").ConfigurePrimaryHttpMessageHandler(() => there);
        await using var provider = services.BuildServiceProvider();

        await provider.GetRequiredKeyedService<PageService.PageServiceClient>("eu").DisconnectAsync(Request);

        Assert.Equal((0, 1), (here.RequestIds.Count, there.RequestIds.Count));
        Assert.NotSame(provider.GetRequiredService<ConnectionStateClient>(), provider.GetRequiredKeyedService<ConnectionStateClient>("eu"));
        Assert.NotSame(provider.GetRequiredService<IPageListCache>(), provider.GetRequiredKeyedService<IPageListCache>("eu"));
        Assert.NotSame(provider.GetRequiredService<IPageReporter>(), provider.GetRequiredKeyedService<IPageReporter>("eu"));
        var options = provider.GetRequiredService<IOptionsMonitor<ConnectionStateClientOptions>>();
        Assert.Equal(("default", "eu"), (options.CurrentValue.Actor, options.Get("eu").Actor));
    }

    [Fact]
    public async Task BindConfiguration_reads_a_section()
    {
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionState:Address"] = "https://connections.example:5081",
            ["ConnectionState:Deadline"] = "00:00:03",
            ["ConnectionState:MaxAttempts"] = "2",
            ["ConnectionState:ApiKey"] = "cs_billing_1",
        }).Build());
        services.AddConnectionStateClient().BindConfiguration("ConnectionState").Configure(o => o.Actor = "billing");
        await using var provider = services.BuildServiceProvider();

        var options = provider.GetRequiredService<IOptions<ConnectionStateClientOptions>>().Value;
        Assert.Equal(("https://connections.example:5081/", TimeSpan.FromSeconds(3), 2, "cs_billing_1", "billing"),
            (options.Address.ToString(), options.Deadline, options.MaxAttempts, options.ApiKey, options.Actor));
    }

    [Fact]
    public async Task The_host_does_not_start_with_wrong_options_and_names_every_error()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddConnectionStateClient(o =>
        {
            o.Address = new("localhost:5081");
            o.MaxAttempts = 0;
            o.Actor = "\n";
            o.CacheIdleTimeout = TimeSpan.Zero;
            o.SuccessReportInterval = TimeSpan.Zero;
            o.ApiKey = "cs_billing\n";
            o.TokenSource = _ => new(new AccessToken("a"));
        });
        using var host = builder.Build();

        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        string[] names =
        [
            "Address", "MaxAttempts", "Actor", "CacheIdleTimeout", "SuccessReportInterval", "ApiKey must be ASCII", "ApiKey and TokenSource",
        ];
        Assert.Equal(names.Length, failure.Failures.Count());
        Assert.All(names, name => Assert.Contains(failure.Failures, f => f.Contains(name, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_token_source_of_the_builder_uses_registered_services_and_authenticates_without_TLS()
    {
        var (server, handler) = (new ScriptedServer(StatusCode.OK), new CountingHandler());
        services.AddSingleton(new AccessToken("from-the-container"));
        services.AddConnectionStateClient(o => (o.Address, o.AllowTokensWithoutTls) = (new("http://connections.example:5081"), true))
            .UseTokenSource((provider, _) => new(provider.GetRequiredService<AccessToken>()))
            .ConfigurePrimaryHttpMessageHandler(() => server)
            .AddHttpMessageHandler(() => handler);
        await using var provider = services.BuildServiceProvider();

        await provider.GetRequiredService<ConnectionStateClient>().Pages.DisconnectAsync(Request);

        Assert.Equal(["Bearer from-the-container"], handler.Authorizations);
    }

    [Fact]
    public void The_constructor_names_every_wrong_option()
    {
        var failure = Assert.Throws<OptionsValidationException>(
            () => new ConnectionStateClient(new ConnectionStateClientOptions { MaxAttempts = 0, RetryBudget = 0, Address = new("ftp://x") }));

        Assert.Equal(3, failure.Failures.Count());
    }

    [Theory]
    [InlineData("http://connections:5081", false)]
    [InlineData("http://10.0.0.7:5081", false)]
    [InlineData("http://127.0.0.1:5081", true)]
    [InlineData("http://[::1]:5081", true)]
    [InlineData("http://localhost:5081", true)]
    [InlineData("https://connections:5081", true)]
    public void A_key_or_token_is_sent_without_TLS_to_a_loopback_address_only(string address, bool isAllowed)
    {
        ConnectionStateClientOptions[] withToken =
        [
            new() { Address = new(address), ApiKey = "cs_sender_secret" },
            new() { Address = new(address), TokenSource = _ => new(new AccessToken("a")) },
        ];

        foreach (var options in withToken)
        {
            var refused = Record.Exception(() => new ConnectionStateClient(options).Dispose());
            if (isAllowed)
            {
                Assert.Null(refused);
                continue;
            }

            var failure = Assert.Single(Assert.IsType<OptionsValidationException>(refused).Failures);
            Assert.Contains($"'{address}/'", failure, StringComparison.Ordinal);
            Assert.Contains("Use https://, or set AllowTokensWithoutTls", failure, StringComparison.Ordinal);
            Assert.DoesNotContain("cs_sender", failure, StringComparison.Ordinal);
            options.AllowTokensWithoutTls = true;
            new ConnectionStateClient(options).Dispose();
        }

        new ConnectionStateClient(new ConnectionStateClientOptions { Address = new(address) }).Dispose();
    }

    [Fact]
    public async Task Handlers_interceptors_credentials_and_channel_options_of_the_builder_are_used()
    {
        var server = new ScriptedServer(StatusCode.Unavailable, StatusCode.OK);
        var (handler, interceptor, isConfigured) = (new CountingHandler(), new CountingInterceptor(), false);
        services.AddConnectionStateClient(o => o.InitialBackoff = TimeSpan.FromMilliseconds(1))
            .ConfigurePrimaryHttpMessageHandler(() => server)
            .AddHttpMessageHandler(() => handler)
            .AddInterceptor(() => interceptor)
            .AddCallCredentials((_, metadata) =>
            {
                metadata.Add("authorization", "Bearer token");
                return Task.CompletedTask;
            })
            .ConfigureChannel(channel =>
            {
                channel.UnsafeUseInsecureChannelCallCredentials = true;
                isConfigured = true;
            });
        await using var provider = services.BuildServiceProvider();

        await provider.GetRequiredService<ConnectionStateClient>().Pages.DisconnectAsync(Request);

        Assert.Equal(["Bearer token", "Bearer token"], handler.Authorizations);
        var seen = Assert.Single(interceptor.Requests);
        Assert.Equal(server.RequestIds, [seen.RequestId, seen.RequestId]);
        Assert.True(isConfigured);
    }

    private sealed class CountingHandler : DelegatingHandler
    {
        public List<string?> Authorizations { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Authorizations.Add(request.Headers.Authorization?.ToString());
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class CountingInterceptor : Interceptor
    {
        public List<DisconnectRequest> Requests { get; } = [];

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            Requests.Add((DisconnectRequest)(object)request);
            return continuation(request, context);
        }
    }
}
