using System.Globalization;
using ConnectionStateService.Client;
using ConnectionStateService.V1;
using static ConnectionStateService.V1.Candidate.Types;

namespace MerchantLife;

/// <summary>Prints what a merchant's screens show.</summary>
internal sealed class Screen(Texts texts, TextWriter output)
{
    public void Title(string text) => output.WriteLine($"\n=== {text}");

    public void AnotherMerchant() => Title(texts.AnotherMerchant);

    public void PageDeleted() => Title(texts.PageDeleted);

    public void LastPage() => Title(texts.LastPage);

    public void PageList(PageList list)
    {
        Line(texts.Slots, list.Quota.Used, list.Quota.Limit);
        if (list.Connections.Count == 0)
        {
            output.WriteLine($"    ({texts.NoPages})");
        }

        foreach (var connection in list.Connections)
        {
            var state = texts.States[connection.State] + (connection.IsSuspect() ? $", {texts.Checking}" : "");
            output.WriteLine($"    {connection.PageName} [{connection.Page.Provider}]: {state}");
        }
    }

    /// <summary>Prints a change of a page from the watch; changes of sessions are left out.</summary>
    public void Changed(Change change, IReadOnlyDictionary<PageRef, string> names)
    {
        if (change.Transition is { } transition)
        {
            Line("~ {0} {1}: {2} -> {3}", change.Revision, Name(transition.Page, names), State(transition.From), State(transition.To));
        }
        else if (change.Acknowledged is { } acknowledged)
        {
            Line("~ {0} {1}: {2}", change.Revision, Name(acknowledged.Page, names), texts.Understood);
        }
        else if (change.HealthChanged is { } health)
        {
            var text = health.Health is Health.Suspect ? texts.Checking : texts.Works;
            Line("~ {0} {1}: {2}", change.Revision, Name(health.Page, names), text);
        }
    }

    public void Add(Provider provider) => Line(texts.Add, provider);

    public void Candidates(ConnectSession session)
    {
        foreach (var candidate in session.Candidates)
        {
            var remark = candidate.Eligibility switch
            {
                Eligibility.Eligible => texts.CanChoose,
                Eligibility.RoleTooLow => texts.RoleTooLow,
                Eligibility.AlreadyConnected => texts.AlreadyConnected,
                Eligibility.OtherPage => texts.OtherPage,
                _ => candidate.Eligibility.ToString(),
            };
            output.WriteLine($"    {candidate.Name}: {remark}");
        }
    }

    public void Connected(Connection connection) => Line(texts.Connected, connection.PageName);

    public void NoConsent() => Line(texts.NoConsent);

    public void Refused() => Line(texts.Refused);

    public void LimitReached(string used, string limit) => Line(texts.LimitReached, used, limit);

    public void Lost(Connection connection) => Line(texts.Notices[connection.Cause], connection.PageName);

    public void OldToken(Connection connection) => Line(texts.OldToken, connection.PageName);

    public void MessageSent(Connection connection) => Line(texts.MessageSent, connection.PageName);

    public void Renewed(Connection connection) => Line(texts.Back, connection.PageName);

    public void Acknowledged() => Line(texts.Understood);

    public void Disconnect(Connection connection) => Line(texts.Disconnect, connection.PageName);

    public void Navigate(Navigation navigation, PageList list)
    {
        if (navigation.TargetCase is Navigation.TargetOneofCase.Page)
        {
            Line(texts.ToPage, list.Connections.Single(c => c.Page.Equals(navigation.Page)).PageName);
        }
        else
        {
            Line(texts.ToConnect, navigation.Connect.Provider);
        }
    }

    private static string Name(PageRef page, IReadOnlyDictionary<PageRef, string> names) => names.GetValueOrDefault(page, page.PageId);

    private string State(Connection.Types.State state) => texts.States.GetValueOrDefault(state, "-");

    private void Line(string format, params object[] values) =>
        output.WriteLine($"  {string.Format(CultureInfo.InvariantCulture, format, values)}");
}
