using System.Buffers.Text;
using System.Security.Cryptography;
using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;
using Grpc.Core;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.Tests.Watch.Promises;

/// <summary>Resumable: a stream continues exactly after its token, or starts with a snapshot that says why not, or is refused.</summary>
public sealed class ResumeTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private const int Kept = 50;

    private static readonly Dictionary<string, string?> FewKept = new() { ["Store:KeptCommits"] = $"{Kept}" };

    // The unit tests of ResumeToken have the other ways in which a token can be invalid.
    private static readonly Dictionary<string, (Func<string, string> Token, string Problem)> Invalid = new()
    {
        ["empty"] = (_ => "", "MALFORMED"),
        ["cut off"] = (merchant => Valid(merchant)[..^1], "MALFORMED"),
        ["of a newer version"] = (merchant => OfVersion(2, Valid(merchant)), "NEWER_VERSION"),
        ["of another merchant"] = (_ => Valid("another-shop"), "OTHER_MERCHANT"),
    };

    private readonly Service service = fixture.Service;

    public static TheoryData<string> InvalidNames => [.. Invalid.Keys];

    [Theory]
    [MemberData(nameof(InvalidNames))]
    public async Task Resumable_An_invalid_token_is_refused_and_never_treated_as_a_fresh_start(string name)
    {
        var (token, problem) = Invalid[name];
        await using var merchant = new WatchedMerchant(service);
        await merchant.CommitAsync();

        await using var stream = merchant.Open(token(merchant.Id));
        var ending = await stream.EndAsync();

        Assert.Equal((StatusCode.InvalidArgument, ErrorReason.ResumeTokenInvalid), (ending.Status, ending.Reason));
        Assert.Equal(problem, stream.Failure!.Metadata["problem"]);
        Assert.Empty(stream.Stream.Messages);
    }

    [Fact]
    public async Task Resumable_A_stream_continues_exactly_after_any_position_of_the_history()
    {
        await using var merchant = new WatchedMerchant(service);
        await merchant.CommitAsync(6);

        for (var back = 0; back <= 6; back++)
        {
            await using var stream = merchant.OpenAt(merchant.Back(back));
            var first = await stream.FirstAsync();

            Assert.Equal(Enumerable.Range(7 - back, back).Select(r => (long)r), first.Revisions);
            Assert.Equal(back == 0, first.IsCheckpoint);
            Assert.Equal(merchant.Head, first.Position);
        }

        await merchant.AssertKeptAsync();
    }

    [Fact]
    public async Task Resumable_Every_message_has_a_token_to_resume_from()
    {
        await using var merchant = new WatchedMerchant(service);
        var stream = await merchant.BeginAsync();
        for (var i = 0; i < 4; i++)
        {
            await merchant.CommitAsync();
            await merchant.CaughtUpAsync(stream);
        }

        Assert.Equal(5, stream.Stream.Messages.Length);
        foreach (var message in stream.Stream.Messages)
        {
            var resumed = await merchant.BeginAsync(message.Message.ResumeToken);
            await merchant.CaughtUpAsync(resumed);
            Assert.Equal(4 - message.Position!.Value.Revision, resumed.Stream.Messages.Sum(m => m.Changes.Count));
            await resumed.CancelAsync();
        }

        await merchant.AssertKeptAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(long.MaxValue)]
    public async Task Resumable_A_position_that_never_existed_starts_with_a_HISTORY_REPLACED_snapshot(long revision)
    {
        await using var merchant = new WatchedMerchant(service);
        await merchant.CommitAsync(5);

        var first = await merchant.OpenAt(new HistoryPosition(revision, 7)).FirstAsync();

        Assert.Equal((Reason.HistoryReplaced, merchant.Head), (first.Reason, first.Position));
        await merchant.AssertKeptAsync();
    }

    [Fact]
    public async Task Resumable_A_token_from_before_the_first_commit_continues_with_the_first_commit()
    {
        await using var merchant = new WatchedMerchant(service);
        var token = (await merchant.BeginAsync()).Token;
        var waiting = await merchant.BeginAsync(token);
        await merchant.CommitAsync(2);

        Assert.Equal([1L, 2L], (await merchant.Open(token).FirstAsync()).Revisions);
        Assert.True((await waiting.FirstAsync()).IsCheckpoint);
        await merchant.CaughtUpAsync(waiting);
        await merchant.AssertKeptAsync();
    }

    [Fact]
    public async Task Resumable_A_stream_gets_all_missed_commits_that_are_kept_and_otherwise_a_HISTORY_TRIMMED_snapshot()
    {
        await using var trimming = await Service.StartAsync(FewKept);
        await using var merchant = new WatchedMerchant(trimming);
        var stream = await merchant.BeginAsync();
        await merchant.CommitAsync(3);
        await merchant.CaughtUpAsync(stream);
        await stream.CancelAsync();

        await merchant.CommitAsync(Kept);
        var kept = await merchant.Open(stream.Token).FirstAsync();
        await merchant.CommitAsync();
        var trimmed = await merchant.BeginAsync(stream.Token);
        await merchant.CommitAsync();
        await merchant.CaughtUpAsync(trimmed);

        Assert.Equal(Enumerable.Range(4, Kept).Select(r => (long)r), kept.Revisions);
        var first = await trimmed.FirstAsync();
        Assert.Equal((Reason.HistoryTrimmed, 4 + Kept), (first.Reason, first.List!.Revision));
        Assert.Equal([5L + Kept], trimmed.Stream.Messages.SelectMany(m => m.Revisions));
        await merchant.AssertKeptAsync(new() { KeptCommits = Kept });
    }

    [Fact]
    public async Task Reliable_An_open_stream_gets_every_commit_even_if_only_one_is_kept()
    {
        await using var trimming = await Service.StartAsync(new() { ["Store:KeptCommits"] = "1" });
        await using var merchant = new WatchedMerchant(trimming);
        var stream = await merchant.BeginAsync();

        for (var revision = 1; revision <= 20; revision++)
        {
            await merchant.CommitAsync();
            await merchant.CaughtUpAsync(stream);
        }

        Assert.Equal(20, stream.Stream.Messages.Sum(m => m.Changes.Count));
        await merchant.AssertKeptAsync(new() { KeptCommits = 1 });
    }

    [Fact]
    public async Task Resumable_A_thousand_resumes_around_the_trimmed_end_of_the_history_leave_no_gap()
    {
        await using var trimming = await Service.StartAsync(FewKept, listens: true);
        await using var merchant = new WatchedMerchant(trimming);
        await merchant.CommitAsync(Kept + 30);

        using var done = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                await merchant.CommitAsync();
            }
        });
        var firsts = new ReceivedMessage[1_000];
        await Parallel.ForAsync(0, firsts.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            var stream = merchant.OpenAt(merchant.Back(Kept - 10 + (i % 16)));
            firsts[i] = await stream.FirstAsync();
            await stream.CancelAsync();
        });
        await done.CancelAsync();
        await writing;

        Assert.InRange(firsts.Count(m => m.Reason is Reason.HistoryTrimmed), 100, 900);
        Assert.InRange(firsts.Count(m => m.IsChanges), 100, 900);
        await merchant.AssertKeptAsync(new() { KeptCommits = Kept });
    }

    private static string Valid(string merchantId) => ResumeToken.Encode(merchantId, new HistoryPosition(1, 1));

    // Corrects the digest, as a newer version would.
    private static string OfVersion(byte version, string token)
    {
        var bytes = Base64Url.DecodeFromChars(token);
        bytes[0] = version;
        SHA256.HashData(bytes.AsSpan(..^4)).AsSpan(..4).CopyTo(bytes.AsSpan(bytes.Length - 4));
        return Base64Url.EncodeToString(bytes);
    }
}
