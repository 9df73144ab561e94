using ConnectionStateService.Hosting;
using Microsoft.Extensions.Logging.Testing;

namespace ConnectionStateService.Tests.Hosting;

/// <summary>RefusalLog: refused origins and hosts are logged, but cannot fill the log.</summary>
public sealed class RefusalLogTests
{
    private readonly FakeLogger<RefusalLog> logger = new();

    [Fact]
    public void Each_origin_and_each_host_is_logged_once()
    {
        var refusals = new RefusalLog(logger);
        for (var call = 0; call < 3; call++)
        {
            refusals.LogOrigin("https://evil.example");
            refusals.LogHost("evil.example");
        }

        Assert.Equal(
            [
                "Refused a call from origin https://evil.example: it is not in Listen:AllowedOrigins. Logged once per origin.",
                "Refused a call to host evil.example: it is not in Listen:AllowedHosts. Logged once per host.",
            ],
            logger.Collector.GetSnapshot().Select(record => record.Message));
    }

    [Fact]
    public void After_100_entries_nothing_more_is_logged()
    {
        var refusals = new RefusalLog(logger);
        for (var call = 0; call < 1_000; call++)
        {
            refusals.LogHost($"host-{call}.example");
        }

        Assert.Equal(101, logger.Collector.Count);
        Assert.Single(logger.Collector.GetSnapshot(), record => record.Message.Contains("more are not logged", StringComparison.Ordinal));
    }

    [Fact]
    public void Names_with_the_same_first_200_characters_are_one()
    {
        var refusals = new RefusalLog(logger);
        foreach (var end in (string[])["a", "b"])
        {
            refusals.LogHost(new string('x', 200) + end);
            refusals.LogOrigin(new string('x', 200) + end);
            refusals.LogCertificate(new string('x', 200) + end, "expired");
        }

        Assert.Equal(3, logger.Collector.Count);
    }

    [Fact]
    public void Control_characters_are_replaced_and_long_names_are_cut()
    {
        new RefusalLog(logger).LogHost("a\u001b[2J" + new string('x', 10_000));

        var message = logger.LatestRecord.Message;
        Assert.Contains("a?[2Jxxx", message, StringComparison.Ordinal);
        Assert.InRange(message.Length, 1, 400);
    }
}
