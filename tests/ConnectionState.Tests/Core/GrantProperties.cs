using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using FsCheck.Xunit;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>Random bytes that determine what happens next, and its details.</summary>
public readonly record struct GrantMove(byte Kind, byte Detail);

/// <summary>A page that works is never lost, and the newest grant wins, for random reports, renewals and grants.</summary>
[CommandProperties]
public class GrantProperties
{
    private const int SecondsPerStep = 40;
    private static readonly PageRef Page = Pages.Fanpage(1);
    private static readonly TimeSpan TenMinutes = TimeSpan.FromMinutes(10);

    // Every hard signal is about an earlier grant, and a call succeeds at least every ten minutes.
    [Property]
    public void A_page_that_works_is_never_lost(GrantMove[] moves)
    {
        var merchant = new CoreMerchant();
        var earlier = new List<ulong>();
        var worked = Connect(merchant);
        foreach (var move in moves)
        {
            var pause = TimeSpan.FromSeconds(move.Detail % 8 * SecondsPerStep);
            if (merchant.Now + pause - worked >= TenMinutes)
            {
                worked = Succeed(merchant, move);
            }

            merchant.After(pause);
            worked = Happen(merchant, move, earlier, worked);

            Assert.Equal(State.Connected, merchant[Page].State);
        }
    }

    // Tokens are written in any order. Without a grant id, the time at which a token was issued decides.
    [Property]
    public void The_newest_grant_wins(GrantMove[] moves)
    {
        var merchant = new CoreMerchant();
        merchant.ExpectChanged(Grant(merchant.Request(Page), InDays(merchant, 1), grantId: 1));
        var expected = new Token(1, merchant.Now, InDays(merchant, 1), LostAt: null);
        for (var number = 0; number < moves.Length; number++)
        {
            merchant.After(TimeSpan.FromMinutes(moves[number].Detail % 4));
            expected = Write(merchant, moves[number], (ulong)number + 2, expected);

            var connection = merchant[Page];
            Assert.Equal(
                (expected.GrantId, expected.IssuedAt, expected.ExpiresAt, expected.LostAt is null),
                (connection.GrantId, connection.IssuedAt, connection.ExpiresAt!.Value, connection.State is State.Connected));
        }
    }

    private static DateTimeOffset Connect(CoreMerchant merchant)
    {
        merchant.Connect(Page, InDays(merchant, 90));
        return merchant.Now;
    }

    private static DateTimeOffset Succeed(CoreMerchant merchant, GrantMove move)
    {
        merchant.Execute(ReportSuccess(Page, grantId: move.Detail % 2 == 0 ? merchant[Page].GrantId : null));
        return merchant.Now;
    }

    // Returns when the page last worked.
    private static DateTimeOffset Happen(CoreMerchant merchant, GrantMove move, List<ulong> earlier, DateTimeOffset worked)
    {
        var current = merchant[Page];
        var signal = (Signal)(1 + (move.Detail / 8 % 5));
        ulong another = earlier.Count == 0 ? 1 : earlier[move.Detail % earlier.Count];
        switch (move.Kind % 16)
        {
            case 0 or 1 or 2 or 3:
                merchant.Execute(ReportError(Page, signal, SignalStrength.Soft, grantId: move.Detail % 2 == 0 ? current.GrantId : null));
                return worked;
            case 4:
                merchant.ExpectUnchanged(Report(Page, signal, grantId: another));
                return worked;
            case 5:
                merchant.ExpectUnchanged(ReportError(Page, signal, SignalStrength.Hard, grantId: another));
                return worked;
            case 6:
                merchant.ExpectUnchanged(Report(Page, signal, current.GrantSince.AddTicks(-1)));
                return worked;
            case 7 or 8 when current.FollowsGrant && merchant.Now < current.GrantSince + merchant.Rules.NewGrantGrace:
                merchant.Execute(ReportError(Page, signal, SignalStrength.Hard));
                return worked;
            case 9:
                merchant.Execute(ReportError(Page, signal, SignalStrength.Hard, grantId: current.GrantId, softBeforeExpiry: true));
                return worked;
            case 10:
                earlier.Add(current.GrantId);
                merchant.ExpectChanged(Renew(Page, InDays(merchant, 90), current.GrantId));
                return merchant.Now;
            case 11:
                merchant.ExpectUnchanged(Renew(Page, InDays(merchant, 1), another));
                return worked;
            case 12:
                earlier.Add(current.GrantId);
                return Connect(merchant);
            case 13:
                merchant.ExpectChanged(Refuse(merchant.Request(Page)));
                return worked;
            case 14:
                var session = merchant.BeginSession(Page.Provider, Page.PageId);
                merchant.ExpectChanged(SignInComplete(session, Pages.Fanpage(2).Offered()));
                merchant.ExpectChanged(Refuse(session));
                return worked;
            default:
                return Succeed(merchant, move);
        }
    }

    private static Token Write(CoreMerchant merchant, GrantMove move, ulong newId, Token token)
    {
        var issuedAt = merchant.Now.AddMinutes(-(move.Detail % 16));
        var expiresAt = InDays(merchant, 1 + move.Detail);
        var isNewer = issuedAt >= token.IssuedAt && !(issuedAt < token.LostAt);
        switch (move.Kind % 8)
        {
            case 0:
                merchant.ExpectChanged(Grant(merchant.Request(Page), expiresAt, grantId: newId));
                return new Token(newId, merchant.Now, expiresAt, LostAt: null);
            case 1 or 2:
                merchant.Execute(Renew(Page, expiresAt, issuedAt: issuedAt, newGrantId: newId));
                return isNewer ? new Token(newId, issuedAt, expiresAt, LostAt: null) : token;
            case 3:
                merchant.Execute(Renew(Page, expiresAt, token.GrantId, issuedAt, newId));
                return !(issuedAt < token.LostAt) ? new Token(newId, issuedAt, expiresAt, LostAt: null) : token;
            case 4:
                merchant.ExpectUnchanged(Renew(Page, expiresAt, Earlier(token, move), merchant.Now, newId));
                return token;
            case 5:
                merchant.ExpectChanged(Renew(Page, expiresAt, newGrantId: newId));
                return new Token(newId, merchant.Now, expiresAt, LostAt: null);
            case 6:
                var observedAt = merchant.Now.AddMinutes(-(move.Detail / 16 % 4));
                merchant.Execute(Report(Page, Signal.PermissionRevoked, observedAt, token.GrantId));
                return token with { LostAt = token.LostAt ?? observedAt };
            default:
                merchant.ExpectUnchanged(Report(Page, Signal.PageDeleted, grantId: Earlier(token, move)));
                return token;
        }
    }

    // The id of an earlier grant. Ids ascend here; there is no grant 0.
    private static ulong Earlier(Token token, GrantMove move) => move.Detail % token.GrantId;

    private static DateTimeOffset InDays(CoreMerchant merchant, int days) => merchant.Now.AddDays(days);

    // What the connection must have. A page that is lost keeps its token.
    private sealed record Token(ulong GrantId, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt, DateTimeOffset? LostAt);
}
