using ConnectionStateService.Auth;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.Auth;

public sealed class AuthorizedStreamsTests
{
    private readonly ReadCredential credential = new();
    private readonly AuthorizedStreams streams;

    public AuthorizedStreamsTests()
    {
        var clock = new ManualClock();
        streams = new(Options.Create(new AuthOptions()), new CredentialClock(clock, null!), clock);
    }

    [Fact]
    public void A_stream_that_has_ended_is_forgotten()
    {
        var caller = new Caller("billing", Scopes.All, credential: credential);
        for (var i = 0; i < 100; i++)
        {
            streams.Begin(caller, () => { }).Dispose();
        }

        using var open = streams.Begin(caller, () => { });
        credential.Reads = 0;
        streams.EndRevoked();

        Assert.Equal(1, credential.Reads);
    }

    [Fact]
    public void A_stream_whose_credential_was_revoked_after_the_call_was_accepted_ends_at_once()
    {
        credential.IsWithdrawn = true;

        using var authorization = streams.Begin(new Caller("billing", Scopes.All, credential: credential), () => { });

        Assert.True(authorization.Ended.IsCancellationRequested);
        Assert.IsType<AuthFault.TokenRevoked>(authorization.Fault);
    }

    private sealed class ReadCredential : Credential
    {
        public int Reads { get; set; }

        public bool IsWithdrawn { get; set; }

        public override bool IsRevoked
        {
            get
            {
                Reads++;
                return IsWithdrawn;
            }
        }
    }
}
