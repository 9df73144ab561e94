using System.Collections.Immutable;

namespace ConnectionStateService.Core;

/// <summary>
/// The stored state of one merchant. Immutable: a decision creates a new one. Some of its parts may not be loaded, see <see cref="Parts"/>.
/// </summary>
public sealed record MerchantRecord
{
    // Null if they are not loaded.
    private readonly RequestLog? requests = RequestLog.Empty;
    private readonly RequestSpan requestSpan;

    /// <summary>The merchant's id.</summary>
    public required string MerchantId { get; init; }

    /// <summary>The number of commits so far; 0 if nothing is stored.</summary>
    public long Revision { get; init; }

    /// <summary>Fields that a newer version of the service has stored here and this one does not know. They are stored again as they are.</summary>
    public ReadOnlyMemory<byte> NewerFields { get; init; }

    /// <summary>When the last commit was made, or null if there is none.</summary>
    public DateTimeOffset? ChangedAt { get; init; }

    /// <summary>The plan, or null if it was never set.</summary>
    public Plan? Plan { get; init; }

    /// <summary>Pages bought on top of the plan's (R11).</summary>
    public int BoughtPages { get; init; }

    /// <summary>When the trial ends or ended, or null if none ever began. Another plan does not change it: there is one trial.</summary>
    public DateTimeOffset? TrialEndsAt { get; init; }

    /// <summary>The order number of the next connection that enters the page list.</summary>
    public long NextOrder { get; init; } = 1;

    /// <summary>The listed connections and the tombstones, by order number.</summary>
    public ImmutableArray<Connection> Connections { get; init; } = [];

    /// <summary>The open connect sessions and the newest ended ones; each kind oldest first.</summary>
    public ImmutableArray<ConnectSession> Sessions { get; init; } = [];

    /// <summary>Whether the last commit erased the merchant: what is left of it is about to be removed.</summary>
    public bool IsErased { get; init; }

    /// <summary>The newest executed requests, oldest first.</summary>
    /// <exception cref="InvalidOperationException">They are not loaded.</exception>
    public RequestLog Requests
    {
        get => requests ?? throw new InvalidOperationException("The remembered requests of the merchant are not loaded.");
        init => requests = value;
    }

    /// <summary>
    /// The revisions among which the remembered requests are: those of the commits with a request id. Known even if <see cref="Requests"/> are
    /// not loaded, which setting it says.
    /// </summary>
    public RequestSpan RequestSpan
    {
        get => requests?.Span ?? requestSpan;
        init => (requests, requestSpan) = (value.IsEmpty ? RequestLog.Empty : null, value);
    }

    /// <summary>The parts that are loaded. To use another one throws an exception.</summary>
    public MerchantParts Parts => (requests is null ? MerchantParts.PageList : MerchantParts.Requests)
        | (Sessions.All(s => s.HasCandidates) ? MerchantParts.Candidates : MerchantParts.PageList);

    /// <summary>Returns the record of a merchant for which nothing is stored.</summary>
    public static MerchantRecord Unknown(string merchantId) => new() { MerchantId = merchantId };

    /// <summary>Returns the connection to a page, listed or not, or null if there is none.</summary>
    public Connection? Find(PageRef page) => IndexOf(page) is >= 0 and var index ? Connections[index] : null;

    /// <summary>Returns the open sessions that wait for the provider's answer for <paramref name="page"/>.</summary>
    public IEnumerable<ConnectSession> SessionsWaitingFor(PageRef page) => Sessions.Where(s => s.IsWaitingFor(page));

    /// <summary>Returns a connect session, or null if it never existed or is no longer kept.</summary>
    public ConnectSession? FindSession(string id) => IndexOf(id) is >= 0 and var index ? Sessions[index] : null;

    /// <summary>Returns the record with <paramref name="connection"/> added, or replacing the one for the same page.</summary>
    public MerchantRecord With(Connection connection)
    {
        var index = IndexOf(connection.Page);
        if (index >= 0 && Connections[index].Order == connection.Order)
        {
            return this with { Connections = Connections.SetItem(index, connection) };
        }

        var others = index < 0 ? Connections : Connections.RemoveAt(index);
        var place = others.Length;
        while (place > 0 && others[place - 1].Order > connection.Order)
        {
            place--;
        }

        return this with { Connections = others.Insert(place, connection) };
    }

    /// <summary>
    /// Returns the record with <paramref name="session"/> added, or replacing the one with the same id. One that ends becomes the newest, so that it
    /// is kept whenever it began.
    /// </summary>
    public MerchantRecord With(ConnectSession session)
    {
        var index = IndexOf(session.Id);
        var ends = index >= 0 && Sessions[index].IsOpen && !session.IsOpen;
        return this with
        {
            Sessions = index < 0 ? Sessions.Add(session)
                : ends ? Sessions.RemoveAt(index).Add(session)
                : Sessions.SetItem(index, session),
        };
    }

    private int IndexOf(PageRef page)
    {
        for (var index = 0; index < Connections.Length; index++)
        {
            if (Connections[index].Page == page)
            {
                return index;
            }
        }

        return -1;
    }

    private int IndexOf(string sessionId)
    {
        for (var index = 0; index < Sessions.Length; index++)
        {
            if (Sessions[index].Id == sessionId)
            {
                return index;
            }
        }

        return -1;
    }
}
