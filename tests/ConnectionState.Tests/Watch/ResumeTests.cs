using System.Buffers.Text;
using System.Security.Cryptography;
using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;
using Grpc.Core;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.Tests.Watch;

/// <summary>Resume tokens: a stream goes on exactly after one, or says why not, or refuses it.</summary>
public sealed class ResumeTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private static readonly Dictionary<string, (Func<string, string> Token, string Problem)> Refused = new()
    {
        ["empty"] = (_ => "", "MALFORMED"),
        ["a text"] = (_ => "from the start", "MALFORMED"),
        ["too long"] = (_ => new string('A', 300), "MALFORMED"),
        ["cut off"] = (merchant => Good(merchant)[..^1], "MALFORMED"),
        ["altered"] = (merchant => Good(merchant) is var good ? (good[0] == 'A' ? 'B' : 'A') + good[1..] : "", "MALFORMED"),
        ["a revision without a commit"] = (merchant => ResumeToken.Encode(merchant, new HistoryPosition(1, 0)), "MALFORMED"),
        ["of a newer version"] = (merchant => OfVersion(2, Good(merchant)), "NEWER_VERSION"),
        ["another merchant's"] = (_ => Good("another-shop"), "OTHER_MERCHANT"),
        ["another merchant's, called like the beginning"] = (merchant => Good(merchant[..^1]), "OTHER_MERCHANT"),
    };

    private readonly Service service = fixture.Service;

    public static TheoryData<string> RefusedNames => [.. Refused.Keys];

    [Theory]
    [MemberData(nameof(RefusedNames))]
    public async Task Resumable_A_token_that_cannot_be_gone_on_from_is_refused_and_never_read_as_from_the_start(string name)
    {
        var (token, problem) = Refused[name];
        await using var merchant = new WatchedMerchant(service);
        await merchant.CommitAsync(3);

        await using var stream = merchant.Open(token(merchant.Id));
        var ending = await stream.EndAsync();

        Assert.Equal((StatusCode.InvalidArgument, ErrorReason.ResumeTokenInvalid), (ending.Status, ending.Reason));
        Assert.Equal(problem, stream.Failure!.Metadata["problem"]);
        Assert.Empty(stream.Stream.Messages);
    }

    [Fact]
    public async Task Resumable_From_every_place_of_the_history_the_stream_goes_on_exactly_after_it()
    {
        await using var merchant = new WatchedMerchant(service);
        await merchant.CommitAsync(15);

        for (var back = 0; back <= 15; back++)
        {
            await using var stream = merchant.OpenAt(merchant.Back(back));
            var first = await stream.FirstAsync();

            Assert.Equal(Enumerable.Range(16 - back, back).Select(r => (long)r), first.Revisions);
            Assert.Equal(back == 0, first.IsCheckpoint);
            Assert.Equal(merchant.Head, first.Position);
        }

        await merchant.AssertKeptAsync();
    }

    [Fact]
    public async Task Resumable_Any_message_is_good_to_resume_from()
    {
        await using var merchant = new WatchedMerchant(service);
        var stream = await merchant.BeginAsync();
        await merchant.CommitAsync(10);
        await merchant.CaughtUpAsync(stream);

        foreach (var message in stream.Stream.Messages)
        {
            var resumed = await merchant.BeginAsync(message.Message.ResumeToken);
            await merchant.CaughtUpAsync(resumed);
            Assert.Equal(10 - message.Position!.Value.Revision, resumed.Stream.Messages.Sum(m => m.Changes.Count));
            await resumed.HangUpAsync();
        }

        await merchant.AssertKeptAsync();
    }

    [Theory]
    [InlineData(10, 7)]
    [InlineData(11, 7)]
    [InlineData(1_000, 7)]
    [InlineData(long.MaxValue, 7)]
    [InlineData(9, 7)]
    [InlineData(1, 7)]
    public async Task Resumable_From_a_place_that_never_was_the_stream_begins_anew_and_says_so(long revision, ulong commitId)
    {
        await using var merchant = new WatchedMerchant(service);
        await merchant.CommitAsync(10);

        var first = await merchant.OpenAt(new HistoryPosition(revision, commitId)).FirstAsync();

        Assert.Equal((Reason.HistoryReplaced, merchant.Head), (first.Reason, first.Position));
        await merchant.AssertKeptAsync();
    }

    [Fact]
    public async Task Resumable_A_token_from_before_everything_goes_on_with_the_first_commit()
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
    public async Task Resumable_More_changes_than_are_told_at_once_are_called_trimmed()
    {
        await using var roomy = await Service.StartAsync(new() { ["Store:KeptCommits"] = "2000" });
        await using var merchant = new WatchedMerchant(roomy);
        await merchant.CommitAsync(1_001);

        var allowed = await merchant.OpenAt(merchant.Back(1_000)).FirstAsync();
        var tooMany = await merchant.OpenAt(merchant.Back(1_001)).FirstAsync();

        Assert.Equal(1_000, allowed.Changes.Count);
        Assert.Equal((Reason.HistoryTrimmed, merchant.Head), (tooMany.Reason, tooMany.Position));
        await merchant.AssertKeptAsync(new() { KeptCommits = 1_000 });
    }

    private static string Good(string merchantId) => ResumeToken.Encode(merchantId, new HistoryPosition(1, 1));

    // With its digest made good again, as a newer version would make it.
    private static string OfVersion(byte version, string token)
    {
        var bytes = Base64Url.DecodeFromChars(token);
        bytes[0] = version;
        SHA256.HashData(bytes.AsSpan(..^4)).AsSpan(..4).CopyTo(bytes.AsSpan(bytes.Length - 4));
        return Base64Url.EncodeToString(bytes);
    }
}
