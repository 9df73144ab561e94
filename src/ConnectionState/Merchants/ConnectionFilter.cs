using System.Collections.Frozen;
using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Merchants;

/// <summary>Which connections a list has.</summary>
/// <param name="Provider">Their provider, or null for all.</param>
/// <param name="States">Their states. Empty: those of lost connections.</param>
/// <param name="Causes">Their causes. Empty: all.</param>
/// <param name="Since">When they entered their state at the earliest, or null.</param>
/// <param name="ExpiresBefore">The time before which their tokens expire, or null.</param>
internal sealed record ConnectionFilter(
    Provider? Provider, FrozenSet<State> States, FrozenSet<Cause> Causes, DateTimeOffset? Since, DateTimeOffset? ExpiresBefore)
{
    /// <summary>The states of connections that are listed and lost. Those are indexed by the time of their state.</summary>
    public static readonly FrozenSet<State> LostStates = [State.Expired, State.Revoked, State.Deleted, State.Disconnected];

    /// <summary>The kinds of lost connections that may match.</summary>
    public ImmutableArray<LostKind> LostKinds() =>
    [
        .. from provider in Provider is { } one ? [one] : Enum.GetValues<Provider>()
           from state in SelectedStates.Order()
           select new LostKind(provider, state),
    ];

    /// <summary>Whether the list has a connection.</summary>
    public bool Matches(Connection connection) => connection.IsListed
        && (Provider is null || connection.Page.Provider == Provider)
        && SelectedStates.Contains(connection.State)
        && (Causes.Count == 0 || Causes.Contains(connection.Cause))
        && (Since is null || connection.StateSince >= Since)
        && (ExpiresBefore is null || connection.KnownExpiry < ExpiresBefore);

    private FrozenSet<State> SelectedStates => States.Count == 0 ? LostStates : States;
}
