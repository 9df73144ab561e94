using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using static ConnectionStateService.V1.Connection.Types;

namespace ConnectionStateService.SystemTests.Support.Model;

/// <summary>
/// One connection as the model expects it. What only the service can know (times, the ids of grants) is learned from the first answer that has
/// it, and must stay as it is from then on.
/// </summary>
internal sealed class ModelPage
{
    public required PageRef Page { get; init; }

    public required string Name { get; set; }

    public required string Account { get; set; }

    public State State { get; set; }

    public Cause Cause { get; set; }

    public bool Acknowledged { get; set; }

    public long Revision { get; set; }

    public long Order { get; set; }

    /// <summary>Whether the provider granted access since the page was last requested.</summary>
    public bool IsGranted { get; set; }

    public Learned<string> GrantId { get; set; } = new();

    public Learned<Timestamp> ConnectedAt { get; set; } = new();

    public Learned<Timestamp> StateSince { get; set; } = new();

    public Learned<Timestamp> SuspectSince { get; set; } = new();

    public Learned<Timestamp> ExpiresAt { get; set; } = Learned<Timestamp>.Of(null);

    /// <summary>What the newest report says, while the page is suspect or lost by a report; otherwise null.</summary>
    public Evidence? Evidence { get; set; }

    public Learned<Timestamp> ObservedAt { get; set; } = new();

    /// <summary>How many soft reports were counted, by their meaning. None of them: the page is not suspect.</summary>
    public Dictionary<Signal, int> Soft { get; } = [];

    /// <summary>Whether another merchant was granted the page while it counted as deleted.</summary>
    public bool IsHeldByOther { get; set; }

    /// <summary>Whether the current token was issued before everything else.</summary>
    public bool HasOldToken { get; set; }

    /// <summary>Whether a success ended a suspicion or a loss of the current grant.</summary>
    public bool IsVerified { get; set; }

    public bool IsConnected => State is State.Connected;

    public bool HoldsSlot => State is State.Pending or State.Connected or State.Expired or State.Revoked;

    public bool IsLost => State is State.Expired or State.Revoked or State.Deleted
        || (State is State.Disconnected && Cause is Cause.SignedInElsewhere);

    public bool IsListed => HoldsSlot || (IsLost && !Acknowledged);

    public bool IsLostByReport => !IsConnected && Evidence is not null;

    /// <summary>Takes over what the model cannot know from the connection of an answer.</summary>
    public void Learn(Connection answer)
    {
        GrantId.Learn(answer.GrantId.Length > 0 ? answer.GrantId : null);
        ConnectedAt.Learn(answer.ConnectedAt);
        StateSince.Learn(answer.StateSince);
        SuspectSince.Learn(answer.SuspectSince);
        if (IsConnected)
        {
            ExpiresAt.Learn(answer.ExpiresAt);
        }

        ObservedAt.Learn(answer.Evidence?.ObservedAt);
    }

    public Connection ToProto()
    {
        var evidence = Evidence?.Clone();
        if (evidence is not null)
        {
            evidence.ObservedAt = ObservedAt.Value;
        }

        return new Connection
        {
            Page = Page,
            PageName = Name,
            State = State,
            Cause = Cause,
            AccountId = Account,
            StateSince = StateSince.Value,
            ConnectedAt = IsGranted ? ConnectedAt.Value : null,
            ExpiresAt = State switch
            {
                State.Connected => ExpiresAt.Value,
                State.Expired when ExpiresAt.Value is not null => StateSince.Value,
                _ => null,
            },
            ExpiresSoon = IsConnected && ExpiresAt.Value is { } end && end.ToDateTimeOffset() < DateTimeOffset.UtcNow + TimeSpan.FromDays(7),
            Acknowledged = Acknowledged,
            Revision = Revision,
            GrantId = IsGranted ? GrantId.Value ?? "" : "",
            Health = !IsConnected ? Health.Unspecified : Soft.Count > 0 ? Health.Suspect : Health.Ok,
            SuspectSince = IsConnected && Soft.Count > 0 ? SuspectSince.Value : null,
            Evidence = evidence,
        };
    }
}

/// <summary>A value that the model learns from an answer.</summary>
internal sealed class Learned<T> where T : class
{
    private bool isKnown;

    public T? Value { get; private set; }

    public static Learned<T> Of(T? value) => new() { Value = value, isKnown = true };

    public void Learn(T? value)
    {
        if (!isKnown && value is not null)
        {
            (Value, isKnown) = (value, true);
        }
    }
}
