using System.Collections.Immutable;

namespace ConnectionStateService.Core;

/// <summary>Where a screen goes after "understood" or "disconnect" (R17, R18, R20, R21).</summary>
public abstract record Navigation
{
    private Navigation()
    {
    }

    /// <summary>To the inbox of another page.</summary>
    public sealed record ToPage(PageRef Page) : Navigation;

    /// <summary>To the connect screen of a provider: no other page works.</summary>
    public sealed record ToConnect(Provider Provider) : Navigation;
}

/// <summary>One merchant's listed connections, in order (R22).</summary>
public static class PageList
{
    /// <summary>The listed connections in list order.</summary>
    public static ImmutableArray<Connection> Listed(MerchantRecord record) => [.. record.Connections.Where(c => c.IsListed)];

    /// <summary>
    /// The next page after <paramref name="from"/>: the first connected one behind it in the list, going round, itself left out.
    /// It depends on the list alone, so every tab and every colleague gets the same answer.
    /// </summary>
    public static Navigation NextAfter(MerchantRecord record, Connection from)
    {
        var others = record.Connections.Where(c => c.State is State.Connected && c.Page != from.Page).ToList();
        var next = others.Find(c => c.Order > from.Order) ?? others.FirstOrDefault();
        return next is null ? new Navigation.ToConnect(from.Page.Provider) : new Navigation.ToPage(next.Page);
    }
}
