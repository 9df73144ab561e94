using ConnectionStateService.V1;
using Google.Protobuf;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>The last state of a merchant that the workers have seen. It is often out of date.</summary>
internal sealed class ObservedMerchant
{
    private const int KeptSessions = 6;

    private readonly Lock gate = new();
    private readonly Dictionary<PageRef, Connection> connections = [];
    private readonly List<ConnectSession> sessions = [];
    private long revision;

    /// <summary>The connection to a page as it was last seen.</summary>
    public Connection? Find(PageRef page)
    {
        lock (gate)
        {
            return connections.GetValueOrDefault(page);
        }
    }

    /// <summary>The newest sessions as they were last seen, including ended ones.</summary>
    public IReadOnlyList<ConnectSession> Sessions
    {
        get
        {
            lock (gate)
            {
                return [.. sessions];
            }
        }
    }

    /// <summary>Applies an answer.</summary>
    public void Update(IMessage reply)
    {
        lock (gate)
        {
            if (ApiCalls.ListIn(reply) is { } list)
            {
                Update(list);
            }

            Put(ApiCalls.ConnectionIn(reply));
            Put(ApiCalls.SessionIn(reply));
        }
    }

    /// <summary>Applies a page list, unless a newer one was applied before.</summary>
    public void Update(PageList list)
    {
        lock (gate)
        {
            if (list.Revision < revision)
            {
                return;
            }

            revision = list.Revision;
            connections.Clear();
            sessions.RemoveAll(s => s.Step < ConnectSession.Types.Step.Connected);
            list.Connections.ToList().ForEach(Put);
            list.Sessions.ToList().ForEach(Put);
        }
    }

    private void Put(Connection? connection)
    {
        if (connection is not null)
        {
            connections[connection.Page] = connection;
        }
    }

    private void Put(ConnectSession? session)
    {
        if (session is not null)
        {
            sessions.RemoveAll(s => s.SessionId == session.SessionId);
            sessions.Add(session);
            sessions.RemoveRange(0, Math.Max(0, sessions.Count - KeptSessions));
        }
    }
}
