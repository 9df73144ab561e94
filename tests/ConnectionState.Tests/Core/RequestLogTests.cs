using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using FsCheck.Xunit;

namespace ConnectionStateService.Tests.Core;

/// <summary>The remembered requests, which are kept as bytes.</summary>
public class RequestLogTests
{
    private const string Packed = "0123456789abcdef0123456789abcdef";

    [Property(MaxTest = 1_000)]
    public void A_log_returns_the_requests_that_were_added(RecordSeed[] seeds)
    {
        var requests = Requests(seeds);

        var log = RequestLog.Create([.. requests]);

        Assert.Equal(requests, log);
        Assert.Equal(requests.Length, log.Length);
        Assert.Equal((requests.FirstOrDefault()?.Revision ?? 0, requests.LastOrDefault()?.Revision ?? 0), (log.Span.From, log.Span.To));
        Assert.All(requests, request => Assert.Equal(requests.First(r => r.Id == request.Id), log.Find(request.Id)));
    }

    [Property(MaxTest = 1_000)]
    public void The_requests_before_a_revision_are_dropped(RecordSeed[] seeds, byte first)
    {
        var requests = Requests(seeds).Select((request, n) => request with { Revision = 3 * n }).ToList();

        var log = RequestLog.Create([.. requests]).Since(first);

        var kept = requests.Where(request => request.Revision >= first).ToList();
        Assert.Equal(kept, log);
        Assert.Equal(kept.Count, log.Length);
        Assert.Equal(kept.LastOrDefault()?.Revision ?? 0, log.Span.To);
    }

    [Property(MaxTest = 1_000)]
    public void The_oldest_requests_beyond_the_limit_are_dropped(RecordSeed[] seeds, byte limit)
    {
        var (requests, most) = (Requests(seeds), 1 + (limit % 8));

        var log = requests.Aggregate(RequestLog.Empty, (log, request) => log.Add(request, most));

        Assert.Equal(requests.TakeLast(most), log);
        Assert.Equal(Math.Min(requests.Length, most), log.Length);
    }

    [Fact]
    public void A_lowered_limit_drops_all_requests_beyond_it_at_once()
    {
        var log = RequestLog.Create([.. Enumerable.Range(0, 9).Select(n => new RememberedRequest($"r{n}", 0, n, null))]);

        Assert.Equal(["r8", "next"], log.Add(new RememberedRequest("next", 0, 9, null), limit: 2).Select(r => r.Id));
    }

    [Theory]
    [InlineData("")]
    [InlineData("r")]
    [InlineData("0123456789ABCDEF0123456789ABCDEF")]
    [InlineData("0123456789abcdef0123456789abcde")]
    [InlineData("0123456789abcdef")]
    [InlineData("r10")]
    public void A_request_that_is_not_in_the_log_is_not_found(string id) =>
        Assert.Null(RequestLog.Create([new RememberedRequest(Packed, 1, 2, "r"), new RememberedRequest("r1", 1, 3, Packed)]).Find(id));

    [Fact]
    public void A_usual_request_takes_24_bytes() =>
        Assert.Equal(24, RequestLog.Create([new RememberedRequest(Packed, uint.MaxValue, 200, null)]).Bytes.Length);

    private static ImmutableArray<RememberedRequest> Requests(RecordSeed[] seeds) => [.. seeds.Select(seed => seed.Request())];
}
