using ConnectionStateService.V1;
using Google.Protobuf;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>What the workers have seen of a merchant: enough to ask for what makes sense, and often out of date.</summary>
internal sealed class Sight
{
    private const int RememberedSessions = 6;

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

    /// <summary>The newest sessions as they were last seen, ended ones too.</summary>
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

    /// <summary>Learns from an answer.</summary>
    public void Learn(IMessage reply)
    {
        lock (gate)
        {
            if (ApiCalls.ListIn(reply) is { } list)
            {
                Learn(list);
            }

            Put(ApiCalls.ConnectionIn(reply));
            Put(ApiCalls.SessionIn(reply));
        }
    }

    /// <summary>Learns from a page list, unless it is older than another.</summary>
    public void Learn(PageList list)
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
            sessions.RemoveRange(0, Math.Max(0, sessions.Count - RememberedSessions));
        }
    }
}
