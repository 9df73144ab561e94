using System.Collections.Immutable;

namespace ConnectionStateService.Core;

/// <summary>Where a screen goes after an acknowledgement or a disconnect (R17, R18, R20, R21).</summary>
public abstract record Navigation
{
    private Navigation()
    {
    }

    /// <summary>To the inbox of another page.</summary>
    public sealed record ToPage(PageRef Page) : Navigation;

    /// <summary>To the connect screen of a provider, because no other page is connected.</summary>
    public sealed record ToConnect(Provider Provider) : Navigation;
}

/// <summary>One merchant's listed connections, in order (R22).</summary>
public static class PageList
{
    /// <summary>Returns the listed connections in list order.</summary>
    public static ImmutableArray<Connection> Listed(MerchantRecord record) => [.. record.Connections.Where(c => c.IsListed)];

    /// <summary>
    /// Returns the next page: the first connected page after <paramref name="from"/> in list order, cyclically, excluding it. The
    /// result depends only on the record, so every screen of a merchant gets the same one.
    /// </summary>
    public static Navigation NextAfter(MerchantRecord record, Connection from)
    {
        var others = record.Connections.Where(c => c.State is State.Connected && c.Page != from.Page).ToList();
        var next = others.Find(c => c.Order > from.Order) ?? others.FirstOrDefault();
        return next is null ? new Navigation.ToConnect(from.Page.Provider) : new Navigation.ToPage(next.Page);
    }
}
