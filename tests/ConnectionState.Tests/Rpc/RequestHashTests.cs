using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.V1;
using Google.Protobuf;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>What counts when a request id is used again.</summary>
public sealed class RequestHashTests
{
    private static readonly SubmitAccountRequest Request = new()
    {
        MerchantId = "m",
        SessionId = "s",
        Account = new() { AccountId = "a", Name = "A Person", Personal = true },
        Candidates = { new Candidate { PageId = "p", Name = "A Page", Role = PageRole.Editor } },
        RequestId = "r",
        Actor = "a",
    };

    [Fact]
    public void The_actor_does_not_count()
    {
        var other = Request.Clone();
        other.Actor = "another";

        Assert.Equal(RequestHash.Of(Request), RequestHash.Of(other));
    }

    [Fact]
    public void What_the_server_sets_in_candidates_does_not_count()
    {
        var other = Request.Clone();
        other.Candidates[0].Eligibility = Candidate.Types.Eligibility.Eligible;
        other.Candidates[0].Current = new() { PageName = "A Page" };

        Assert.Equal(RequestHash.Of(Request), RequestHash.Of(other));
    }

    [Fact]
    public void Every_other_field_counts()
    {
        Action<SubmitAccountRequest>[] changes =
        [
            r => r.MerchantId = "n", r => r.SessionId = "t", r => r.Account.Name = "B", r => r.Candidates[0].Name = "B", r => r.RequestId = "q",
            r => r.Complete = true, r => r.Candidates.Clear(),
        ];

        Assert.All(changes, change =>
        {
            var other = Request.Clone();
            change(other);
            Assert.NotEqual(RequestHash.Of(Request), RequestHash.Of(other));
        });
    }

    [Fact]
    public void An_unknown_field_counts()
    {
        // Field 100 with the number 1.
        var other = SubmitAccountRequest.Parser.ParseFrom([.. Request.ToByteArray(), 0xA0, 0x06, 0x01]);

        Assert.NotEqual(RequestHash.Of(Request), RequestHash.Of(other));
    }

    [Fact]
    public void The_type_counts()
    {
        var acknowledge = new AcknowledgeRequest { MerchantId = "m", Page = new() { Provider = Provider.Zalo, PageId = "p" }, RequestId = "r" };
        var disconnect = DisconnectRequest.Parser.ParseFrom(acknowledge.ToByteArray());

        Assert.Equal(acknowledge.ToByteArray(), disconnect.ToByteArray());
        Assert.NotEqual(RequestHash.Of(acknowledge), RequestHash.Of(disconnect));
    }

    [Fact]
    public void The_request_is_not_changed()
    {
        var request = Request.Clone();
        request.Candidates[0].Eligibility = Candidate.Types.Eligibility.Eligible;
        var before = request.Clone();

        RequestHash.Of(request);

        Assert.Equal(before, request);
    }
}
