using System.ComponentModel.DataAnnotations;

namespace ConnectionStateService.Client;

/// <summary>Options of <see cref="ConnectionStateClient"/>. Read once, when the client is created.</summary>
public sealed class ConnectionStateClientOptions
{
    /// <summary>The address of the server's gRPC port.</summary>
    /// <value>An absolute <c>http</c> or <c>https</c> URI. The default is <c>http://127.0.0.1:5081</c>.</value>
    [Required]
    public Uri Address { get; set; } = new("http://127.0.0.1:5081");

    /// <summary>The key that authenticates calls to a server that is configured with keys.</summary>
    /// <value>A key, such as <c>cs_sender_...</c>, or null to send none. The default is null. Not together with <see cref="TokenSource"/>.</value>
    public string? ApiKey { get; set; }

    /// <summary>
    /// Gets the tokens that authenticate calls, such as JWTs of your authority. The client keeps a token and gets the next one after 80 % of its
    /// lifetime, by one call at a time; watches move to it by themselves. It also asks, once per call, after the server has refused a token.
    /// </summary>
    /// <value>
    /// A function that is safe to call from any thread, or null to send no token. The default is null. Its cancellation token is canceled after
    /// 10 seconds. If it throws, calls fail with UNAVAILABLE, unless the last token is still valid; it is asked again after 1 second.
    /// </value>
    public Func<CancellationToken, ValueTask<AccessToken>>? TokenSource { get; set; }

    /// <summary>
    /// Whether <see cref="ApiKey"/> and <see cref="TokenSource"/> may be used with an <c>http</c> address that is not a loopback address. Whoever
    /// reads the connection can then use the token. Set it only if something else protects the connection, such as the sidecars of a service mesh.
    /// </summary>
    /// <value>true or false. The default is false.</value>
    public bool AllowTokensWithoutTls { get; set; }

    /// <summary>The deadline of a unary call that sets none. It includes all retries and the wait for a token.</summary>
    /// <value>1 millisecond to 1 hour. The default is 5 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan Deadline { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The maximum number of attempts of a unary call, the first included. Only UNAVAILABLE and ABORTED are retried.</summary>
    /// <value>1 to 100; 1 disables retries. The default is 5.</value>
    [Range(1, 100)]
    public int MaxAttempts { get; set; } = 5;

    /// <summary>The maximum delay before the first retry. The delay is random between zero and this value, which doubles with each retry.</summary>
    /// <value>1 millisecond to 1 minute. The default is 100 milliseconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan InitialBackoff { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The upper limit of the maximum delay before a retry.</summary>
    /// <value>1 millisecond to 1 minute. The default is 1 second.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan MaxBackoff { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The number of attempts that may fail with UNAVAILABLE or ABORTED before the client stops retrying, so that calls fail fast while the
    /// server is down. Ten successful calls restore one.
    /// </summary>
    /// <value>1 to 500. The default is 10.</value>
    [Range(1, 500)]
    public int RetryBudget { get; set; } = 10;

    /// <summary>How long a new watch stream may send nothing before the client opens another one.</summary>
    /// <value>10 milliseconds to 5 minutes. The default is 5 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:05:00")]
    public TimeSpan WatchOpenTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The maximum delay before a lost stream is opened again. The delay is random between zero and this value, which doubles with each
    /// failed attempt.
    /// </summary>
    /// <value>1 millisecond to 1 minute. The default is 500 milliseconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan InitialWatchBackoff { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// The upper limit of the maximum delay before a lost stream is opened again. When one watch of the client reaches the server, the
    /// others reconnect within about 2 seconds.
    /// </summary>
    /// <value>1 millisecond to 10 minutes. The default is 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan MaxWatchBackoff { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The maximum number of page lists in the <see cref="PageListCache"/>. All share one stream; by default the server allows 100,000 merchants
    /// on a stream, and 64 such streams per process.
    /// </summary>
    /// <value>1 to 100,000. The default is 1,000.</value>
    [Range(1, 100_000)]
    public int CacheCapacity { get; set; } = 1_000;

    /// <summary>The cache stops watching a merchant that nobody has asked for during this time.</summary>
    /// <value>1 second to 1 day. The default is 10 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan CacheIdleTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How often a <see cref="PageReporter"/> reports the successes of one page and grant.</summary>
    /// <value>1 second to 1 hour. The default is 1 minute.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan SuccessReportInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The actor recorded in the merchant's history for requests that set none, such as your service's name.</summary>
    /// <value>At most 200 characters, no control characters. The default is empty.</value>
    [StringLength(200)]
    public string Actor { get; set; } = "";
}
