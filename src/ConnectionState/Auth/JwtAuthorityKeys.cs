using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect.Configuration;
using Microsoft.IdentityModel.Tokens;

namespace ConnectionStateService.Auth;

/// <summary>
/// The keys that the authority publishes, as they were read last. They are read again every <see cref="JwtOptions.KeyRefreshInterval"/>, and when a token
/// names another key. A key that is not published any more ends the tokens that it signed. While the authority does not answer, its keys stay
/// valid for <see cref="JwtOptions.KeyLifetime"/>.
/// </summary>
/// <remarks>
/// In place of Microsoft.IdentityModel's ConfigurationManager, which keeps keys for ever when the authority does not answer, tells nobody that a key was
/// withdrawn, and lets calls wait one after the other for an authority that was never reached (decision 27).
/// </remarks>
internal sealed partial class JwtAuthorityKeys(
    IOptions<JwtOptions> options, IHttpClientFactory http, AuthorizedStreams streams, TimeProvider clock, ILogger<JwtAuthorityKeys> logger)
    : BackgroundService, IConfigurationManager<OpenIdConnectConfiguration>
{
    /// <summary>The name of the HTTP client.</summary>
    public const string HttpClientName = "authority";

    private const string ConfigurationPath = "/.well-known/openid-configuration";

    // Calls wait for the first keys no longer than this.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    // How long a failure is the answer to all calls that need the keys.
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(5);

    // Anybody can send a token of an unknown key.
    private static readonly TimeSpan UnknownKeyInterval = TimeSpan.FromMinutes(1);

    private static readonly OpenIdConnectConfigurationValidator Validator = new();

    private readonly Lock gate = new();
    private volatile Published? published;
    private Task<bool>? reading;
    private long readAt;
    private long? failedAt;
    private CancellationToken stopping;
    private bool isFailing;

    /// <summary>Whether there is an authority.</summary>
    public bool IsConfigured => options.Value.Authority.Length > 0;

    /// <summary>Whether the keys are known, and not too old.</summary>
    public bool AreKnown => published is { } keys && clock.GetElapsedTime(keys.ReadAt) < options.Value.KeyLifetime;

    /// <summary>Identifies a key by what it is, not by the id that the authority gives it.</summary>
    public static string IdOf(SecurityKey key) => Base64UrlEncoder.Encode(key.ComputeJwkThumbprint());

    /// <summary>Whether the authority publishes a key.</summary>
    public bool Has(string keyId) => AreKnown && published!.Ids.Contains(keyId);

    /// <summary>Returns the keys. Waits only if they are not known.</summary>
    /// <exception cref="AuthorityUnavailableException">The authority does not answer, or did not a moment ago.</exception>
    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel)
    {
        if (!AreKnown && !await ReadOnce(pauses: true).WaitAsync(cancel))
        {
            throw new AuthorityUnavailableException();
        }

        return published!.Configuration;
    }

    /// <summary>A token names a key that is not known. Nothing is done: <see cref="TryRefreshAsync"/> is called then.</summary>
    public void RequestRefresh()
    {
    }

    /// <summary>Reads the keys because a token names another one, but at most once a minute. Returns whether they were read.</summary>
    public async ValueTask<bool> TryRefreshAsync(CancellationToken cancellationToken)
    {
        Task<bool> read;
        lock (gate)
        {
            if (reading is null && clock.GetElapsedTime(readAt) < UnknownKeyInterval)
            {
                return false;
            }

            read = ReadOnce(pauses: true);
        }

        return await read.WaitAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        stopping = stoppingToken;
        while (IsConfigured)
        {
            var isRead = await ReadOnce(pauses: false).WaitAsync(stoppingToken);
            if (!isRead && !AreKnown)
            {
                // The streams whose tokens can no longer be checked.
                streams.EndRevoked();
            }

            await Task.Delay(isRead ? options.Value.KeyRefreshInterval : UnknownKeyInterval, clock, stoppingToken);
        }
    }

    // One read at a time, whoever asks.
    private Task<bool> ReadOnce(bool pauses)
    {
        lock (gate)
        {
            if (reading is not null)
            {
                return reading;
            }

            if (pauses && failedAt is { } failed && clock.GetElapsedTime(failed) < FailurePause)
            {
                return Task.FromResult(false);
            }

            readAt = clock.GetTimestamp();
            var read = reading = Task.Run(ReadAsync);
            return read;
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The retriever throws many types for what is not a configuration.")]
    private async Task<bool> ReadAsync()
    {
        try
        {
            using var timeout = new CancellationTokenSource(Timeout, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping);
            var startedAt = clock.GetTimestamp();
            var configuration = await ReadConfigurationAsync(either.Token).WaitAsync(either.Token);
            var isChanged = Publish(new(configuration, startedAt));
            End(failed: false);
            if (isChanged)
            {
                streams.EndRevoked();
            }

            return true;
        }
        catch (Exception e)
        {
            if (End(failed: true) && !stopping.IsCancellationRequested)
            {
                Log.Failed(logger, options.Value.Authority, e);
            }

            return false;
        }
    }

    private async Task<OpenIdConnectConfiguration> ReadConfigurationAsync(CancellationToken cancellationToken)
    {
        using var client = http.CreateClient(HttpClientName);
        var documents = new HttpDocumentRetriever(client)
        {
            RequireHttps = !options.Value.Authority.StartsWith(Uri.UriSchemeHttp + ":", StringComparison.OrdinalIgnoreCase),
        };
        var configuration = await OpenIdConnectConfigurationRetriever.GetAsync(
            options.Value.Authority.TrimEnd('/') + ConfigurationPath, documents, cancellationToken);
        return Validator.Validate(configuration) is { Succeeded: false, ErrorMessage: var error }
            ? throw new InvalidOperationException(error)
            : configuration;
    }

    // Returns whether keys were withdrawn or added.
    private bool Publish(Published keys)
    {
        var before = published;
        published = keys;
        if (before is null || before.Ids.SetEquals(keys.Ids))
        {
            return false;
        }

        Log.Changed(logger, options.Value.Authority, keys.Ids.Count, before.Ids.Except(keys.Ids).Count());
        return true;
    }

    // Returns whether this is the first failure.
    private bool End(bool failed)
    {
        lock (gate)
        {
            reading = null;
            failedAt = failed ? clock.GetTimestamp() : null;
            (var wasFailing, isFailing) = (isFailing, failed);
            return failed && !wasFailing;
        }
    }

    private sealed record Published(OpenIdConnectConfiguration Configuration, long ReadAt)
    {
        public FrozenSet<string> Ids { get; } = Configuration.SigningKeys.Select(IdOf).ToFrozenSet(StringComparer.Ordinal);
    }

    private static partial class Log
    {
        [LoggerMessage(8031, LogLevel.Warning, "The keys of {Authority} cannot be read; retrying every minute. Tokens are checked by the keys that are known.")]
        public static partial void Failed(ILogger logger, string authority, Exception exception);

        [LoggerMessage(8032, LogLevel.Information, "{Authority} publishes other keys: {Count}; {Withdrawn} were withdrawn, and the tokens that they signed are refused.")]
        public static partial void Changed(ILogger logger, string authority, int count, int withdrawn);
    }
}

/// <summary>The authority does not answer, and its keys are not known.</summary>
internal sealed class AuthorityUnavailableException() : Exception("The authority does not answer, and its keys are not known.");
