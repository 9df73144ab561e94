using System.Collections.Immutable;

namespace ConnectionStateService.Core;

/// <summary>A request that was carried out, remembered so that its repeat is not carried out again.</summary>
/// <param name="Id">The request's id.</param>
/// <param name="PayloadHash">A hash of everything the request asked for.</param>
/// <param name="Revision">The revision that carried it out.</param>
/// <param name="SessionId">The connect session it began, if it began one.</param>
public sealed record RememberedRequest(string Id, uint PayloadHash, long Revision, string? SessionId);

/// <summary>All that is known of one merchant. Immutable; a decision makes a new one.</summary>
public sealed record MerchantRecord
{
    /// <summary>The merchant.</summary>
    public required string MerchantId { get; init; }

    /// <summary>Raised by one with each commit; 0: nothing was ever stored.</summary>
    public long Revision { get; init; }

    /// <summary>The plan; none until billing has set one.</summary>
    public Plan? Plan { get; init; }

    /// <summary>Pages bought on top of the plan's (R11).</summary>
    public int BoughtPages { get; init; }

    /// <summary>When the trial ends; none on another plan.</summary>
    public DateTimeOffset? TrialEndsAt { get; init; }

    /// <summary>The order number of the next connection that enters the page list.</summary>
    public long NextOrder { get; init; } = 1;

    /// <summary>The listed connections and the tombstones, by order number.</summary>
    public ImmutableArray<Connection> Connections { get; init; } = [];

    /// <summary>The newest connect sessions, oldest first.</summary>
    public ImmutableArray<ConnectSession> Sessions { get; init; } = [];

    /// <summary>The newest remembered requests, oldest first.</summary>
    public ImmutableArray<RememberedRequest> Requests { get; init; } = [];

    /// <summary>The record of a merchant that nothing is known of.</summary>
    public static MerchantRecord Unknown(string merchantId) => new() { MerchantId = merchantId };

    /// <summary>The connection to a page, listed or not.</summary>
    public Connection? Find(PageRef page) => Connections.FirstOrDefault(c => c.Page == page);

    /// <summary>A connect session that is still kept.</summary>
    public ConnectSession? FindSession(string id) => Sessions.FirstOrDefault(s => s.Id == id);

    /// <summary>The record with <paramref name="connection"/> put in, or in the place of the one for the same page.</summary>
    public MerchantRecord With(Connection connection)
    {
        var others = Connections.Where(c => c.Page != connection.Page);
        return this with { Connections = [.. others.Append(connection).OrderBy(c => c.Order)] };
    }

    /// <summary>The record with <paramref name="session"/> added, or in the place of the one with the same id.</summary>
    public MerchantRecord With(ConnectSession session)
    {
        var index = Sessions.ToList().FindIndex(s => s.Id == session.Id);
        return this with { Sessions = index < 0 ? Sessions.Add(session) : Sessions.SetItem(index, session) };
    }
}
