using System.ComponentModel.DataAnnotations;
using Grpc.Net.Client;

namespace ConnectionStateService.Client;

/// <summary>How to reach ConnectionState, and how patient to be with it.</summary>
public sealed class ConnectionStateClientOptions : IValidatableObject
{
    /// <summary>Where the service's gRPC port is.</summary>
    /// <value>An absolute address, <c>http</c> or <c>https</c>. The default is <c>http://127.0.0.1:5081</c>.</value>
    [Required]
    public Uri Address { get; set; } = new("http://127.0.0.1:5081");

    /// <summary>How long a call may take, its retries included, if the call itself does not say.</summary>
    /// <value>1 millisecond to 1 hour. The default is 5 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan Deadline { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a call is tried at the most, when the service answers UNAVAILABLE or ABORTED.</summary>
    /// <value>1 to 100; 1: no retries. The default is 10, which as a rule lasts until the deadline.</value>
    [Range(1, 100)]
    public int MaxAttempts { get; set; } = 10;

    /// <summary>
    /// The longest wait before the first retry. The wait is drawn evenly from nothing to this, and this doubles with each retry.
    /// </summary>
    /// <value>1 millisecond to 1 minute. The default is 100 milliseconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan InitialBackoff { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>What the longest wait before a retry grows to.</summary>
    /// <value>1 millisecond to 1 minute. The default is 2 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan MaxBackoff { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a stream that is opened may say nothing before it is taken for lost.</summary>
    /// <value>10 milliseconds to 5 minutes. The default is 5 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:05:00")]
    public TimeSpan WatchOpenTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The longest wait before a lost stream is opened again. The wait is drawn evenly from nothing to this, and this doubles with
    /// each try that fails.
    /// </summary>
    /// <value>1 millisecond to 1 minute. The default is 500 milliseconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan InitialWatchBackoff { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// What the longest wait before a lost stream is opened again grows to. When the service comes back, the first watch that reaches it
    /// tells the others of this client, so that they need not wait as long.
    /// </summary>
    /// <value>1 millisecond to 10 minutes. The default is 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan MaxWatchBackoff { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How many page lists a <see cref="PageListCache"/> keeps. One process of the service serves 6,000 streams by default.</summary>
    /// <value>1 to 100,000. The default is 1,000.</value>
    [Range(1, 100_000)]
    public int CachedPageLists { get; set; } = 1_000;

    /// <summary>Says who asks, for the history, where a request names no actor.</summary>
    /// <value>At most 200 characters, without control characters. The default is empty.</value>
    [StringLength(200)]
    public string Actor { get; set; } = "";

    /// <summary>
    /// Changes a channel before it is made: credentials, handlers, message sizes. Called once for calls, and for streams whenever they
    /// need a new channel: make a new handler each time. A handler that it sets is closed with the channel only if it says so.
    /// </summary>
    /// <value>The default changes nothing.</value>
    public Action<GrpcChannelOptions>? ConfigureChannel { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Address.IsAbsoluteUri || (Address.Scheme != Uri.UriSchemeHttp && Address.Scheme != Uri.UriSchemeHttps))
        {
            yield return new ValidationResult($"The address '{Address}' must begin with http:// or https://.", [nameof(Address)]);
        }
    }
}
