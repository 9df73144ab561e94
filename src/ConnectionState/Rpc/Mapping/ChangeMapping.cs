using System.Diagnostics;
using ConnectionStateService.Core;
using Proto = ConnectionStateService.V1;

namespace ConnectionStateService.Rpc.Mapping;

/// <summary>Maps commits and their changes to the API.</summary>
internal static class ChangeMapping
{
    public static IEnumerable<Proto.Change> ToProto(this Commit commit) => commit.Changes.Select(change =>
    {
        var proto = change.ToProto();
        proto.Revision = commit.Revision;
        proto.At = commit.At.ToProto();
        proto.Actor = commit.Actor;
        proto.RequestId = commit.RequestId;
        return proto;
    });

    private static Proto.Change ToProto(this Change change) => change switch
    {
        Change.Transition c => new() { Transition = c.ToProto() },
        Change.Acknowledged c => new() { Acknowledged = new() { Page = c.Page.ToProto() } },
        Change.ExpiryWarning c => new() { ExpiryWarning = new() { Page = c.Page.ToProto(), ExpiresAt = c.ExpiresAt.ToProto() } },
        Change.HealthChanged c => new()
        {
            HealthChanged = new()
            {
                Page = c.Page.ToProto(),
                Health = (Proto.Health)c.Health,
                Evidence = c.Evidence.ToProto(),
                GrantId = c.GrantId.ToGrantId(),
            },
        },
        Change.Erased => new() { Erased = new() },
        Change.PlanChanged c => new()
        {
            PlanChanged = new() { Plan = (Proto.Plan)c.Plan, BoughtPages = c.BoughtPages, Limit = c.Limit },
        },
        Change.Imported c => new() { Imported = new() { Source = c.Source } },
        Change.SessionMoved c => new()
        {
            SessionMoved = new()
            {
                SessionId = c.SessionId,
                Provider = (Proto.Provider)c.Provider,
                Step = (Proto.ConnectSession.Types.Step)c.Step,
                Page = c.Page?.ToProto(),
            },
        },
        _ => throw new UnreachableException(),
    };

    private static Proto.Change.Types.Transition ToProto(this Change.Transition change) => new()
    {
        Page = change.Page.ToProto(),
        Trigger = (Proto.Trigger)change.Trigger,
        From = (Proto.Connection.Types.State)change.From,
        To = (Proto.Connection.Types.State)change.To,
        Cause = (Proto.Cause)change.Cause,
        Evidence = change.Evidence?.ToProto(),
        FromSince = change.FromSince.ToProto(),
        GrantId = change.GrantId.ToGrantId(),
    };
}
