using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ConnectionStateService.Auth;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace ConnectionStateService.Tests.Auth;

/// <summary>
/// A service with keys, JWTs and merchant tokens on, on a fake clock. For each scope there is a key that has all other scopes, and a key that has all; a
/// further one has all scopes for the merchant <see cref="OwnMerchant"/> only.
/// </summary>
public sealed class AuthService : IAsyncLifetime, IAsyncDisposable
{
    public const string OwnMerchant = "own-shop";
    public const string AllScopes = "all";
    public const string OneMerchant = "one-merchant";

    private readonly TemporaryFolder folder = new();
    private readonly Dictionary<string, string> keys = [];
    private readonly List<object> entries = [];
    private readonly List<IDisposable> channels = [];

    public AuthService()
    {
        Tokens = new(() => Clock.GetUtcNow());
        AddKey(AllScopes, ScopeNames.All);
        AddKey(OneMerchant, ScopeNames.All, OwnMerchant);
        foreach (var scope in ScopeNames.All)
        {
            AddKey(Without(scope), ScopeNames.All.Except([scope]));
        }
    }

    public Service Service { get; private set; } = null!;

    /// <summary>Options that differ. Set them before the service starts.</summary>
    internal Dictionary<string, string?> Settings { get; } = [];

    /// <summary>Replaces services. Set it before the service starts.</summary>
    internal Action<IServiceCollection> Replace { get; set; } = _ => { };

    internal string Environment { get; set; } = "Production";

    internal FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero));

    internal InterceptedStore Store { get; private set; } = null!;

    internal Tokens Tokens { get; }

    internal string KeysFile => folder.File("keys.json");

    internal CallInvoker Grpc { get; private set; } = null!;

    internal CallInvoker GrpcWeb { get; private set; } = null!;

    public static string Without(string scope) => $"without-{scope.Replace('_', '-')}";

    public async Task InitializeAsync()
    {
        WriteKeys();
        await File.WriteAllTextAsync(folder.File("sealing.key"), Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) + "\n");
        await File.WriteAllTextAsync(folder.File("authority.pem"), Tokens.PublicKey);
        var settings = new Dictionary<string, string?>
        {
            ["Auth:Mode"] = "Keys,Jwt",
            ["Auth:KeysFile"] = KeysFile,
            ["Auth:Jwt:PublicKeyFile"] = folder.File("authority.pem"),
            ["Auth:Jwt:Issuers:0"] = Tokens.Issuer,
            ["Auth:Jwt:Audiences:0"] = Tokens.Audience,
            ["Auth:MerchantTokens:SealingKeyFile"] = folder.File("sealing.key"),
        };
        foreach (var (name, value) in Settings)
        {
            settings[name] = value;
        }

        Service = await Service.StartAsync(
            settings,
            services =>
            {
                services.AddSingleton<TimeProvider>(Clock).AddInterceptedStore(store => Store = store);
                Replace(services);
            },
            Environment);
        var server = (TestServer)Service.Services.GetRequiredService<IServer>();
        Grpc = Open(new GrpcChannelOptions { HttpHandler = server.CreateHandler() });
        GrpcWeb = Open(new GrpcChannelOptions
        {
            HttpHandler = new GrpcWebHandler(GrpcWebMode.GrpcWeb, server.CreateHandler()),
            HttpVersion = new Version(1, 1),
        });
    }

    public async Task DisposeAsync()
    {
        channels.ForEach(channel => channel.Dispose());
        await Service.DisposeAsync();
        folder.Dispose();
    }

    ValueTask IAsyncDisposable.DisposeAsync() => new(DisposeAsync());

    /// <summary>The key with an id, as a caller sends it.</summary>
    internal string Key(string id) => keys[id];

    internal static Metadata Bearer(string token) => new() { { "authorization", $"Bearer {token}" } };

    /// <summary>Makes a key. It is in the file after <see cref="WriteKeys"/>.</summary>
    internal void AddKey(string id, IEnumerable<string> scopes, params string[]? merchants)
    {
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(secret)));
        keys[id] = $"cs_{id}_{secret}";
        entries.Add(merchants is { Length: > 0 }
            ? new { id, caller = $"caller of {id}", sha256 = hash, scopes = scopes.ToArray(), merchants }
            : new { id, caller = $"caller of {id}", sha256 = hash, scopes = scopes.ToArray() });
    }

    internal void RemoveKeys() => entries.Clear();

    internal void WriteKeys() => File.WriteAllText(KeysFile, JsonSerializer.Serialize(new { keys = entries }));

    internal CallInvoker Invoker(string transport) => transport == "gRPC" ? Grpc : GrpcWeb;

    internal async Task<string> IssueAsync(
        string merchantId, TokenPreset preset = TokenPreset.Screen, TimeSpan? lifetime = null, string actor = "Lan in the shop") =>
        (await new TokenService.TokenServiceClient(Grpc).IssueMerchantTokenAsync(
            new()
            {
                MerchantId = merchantId,
                Actor = actor,
                Preset = preset,
                Lifetime = lifetime is { } time ? Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(time) : null,
            },
            Bearer(Key(AllScopes)))).Token;

    private CallInvoker Open(GrpcChannelOptions options)
    {
        var channel = GrpcChannel.ForAddress("http://localhost", options);
        channels.Add(channel);
        return channel.CreateCallInvoker();
    }
}
