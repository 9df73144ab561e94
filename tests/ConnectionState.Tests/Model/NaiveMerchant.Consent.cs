using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Model;

/// <summary>The provider's answer to a connect session.</summary>
internal sealed partial class NaiveMerchant
{
    private string Grant(string sessionId, bool consent, DateTimeOffset? ends)
    {
        var session = Sessions.Find(s => s.Id == sessionId);
        if (session?.Step is not ("Consent" or "Connected"))
        {
            return session == null ? "refused SessionNotFound" : "refused StepNotAllowed";
        }

        if (session.Step == "Connected")
        {
            return "unchanged";
        }

        if (session.Provider == Provider.Zalo && !consent)
        {
            return "refused ConsentRequired";
        }

        if (ends <= Now)
        {
            return "refused InvalidRequest";
        }

        var known = Find(session.Chosen!.Value)!;
        Move(known, "Grant", "None");
        (known.GrantBegan, known.Granted, known.Ends) = (Now, Now, ends ?? UsualEnd(session.Provider));
        known.Warned = EndsSoon(known);
        End(session, "Connected");
        Claim = rules.OneHolderPerPage ? new Claim(id, known.Page, Now) : null;
        return "changed";
    }

    private bool EndsSoon(NaivePage page) => page.Ends is { } ends && Now >= ends - rules.WarningBefore;

    private string Refuse(string sessionId)
    {
        var session = Sessions.Find(s => s.Id == sessionId);
        if (session == null || session.End != "")
        {
            return session == null ? "refused SessionNotFound" : session.End == "Refused" ? "unchanged" : "refused StepNotAllowed";
        }

        Answer(session, "Refused", "ConsentRefused");
        return "changed";
    }

    private void TimeOut(NaiveSession session) => Answer(session, "TimedOut", "SessionTimedOut");

    // The provider will not answer: the page that waits for it, if there is one, is refused.
    private void Answer(NaiveSession session, string end, string cause)
    {
        if (Known.Find(p => p.Waiting == session.Id) is { } waiting)
        {
            Move(waiting, "Refuse", cause);
        }

        End(session, end);
    }

    private static void End(NaiveSession session, string end)
    {
        session.End = end;
        session.Offers = [];
    }
}
