using System.ComponentModel.DataAnnotations;

namespace ConnectionStateService.Store;

/// <summary>Options of the store on Redis. Configuration section <c>Store:Redis</c>.</summary>
public sealed class RedisOptions
{
    /// <summary>The servers, or the Sentinels and their service name, with user, password and TLS as needed.</summary>
    /// <value>
    /// A connection string of StackExchange.Redis: <c>redis-1:6379,redis-2:6379,user=cs,password=...,ssl=true</c>, or with Sentinels
    /// <c>sentinel-1:26379,sentinel-2:26379,serviceName=primary</c>. The default is 127.0.0.1:6379.
    /// </value>
    [Required]
    public string Configuration { get; set; } = "127.0.0.1:6379";

    /// <summary>The time-out of a command. The outcome of a commit that times out is unknown, and the call fails with UNAVAILABLE.</summary>
    /// <value>100 milliseconds to 1 minute. The default is 2 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long the service waits for Redis at start before it exits.</summary>
    /// <value>1 second to 10 minutes. The default is 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(30);
}
