namespace ConnectionStateService.Store;

/// <summary>
/// The membership of this process in the fleet: the processes that share the due merchants and the unsettled claims of a store. A process
/// that has not joined, and the only process of a store, is responsible for all of them.
/// </summary>
internal interface IFleetMembership
{
    /// <summary>Joins the fleet. Returns at once; the process gets its share as soon as the store answers.</summary>
    void Join()
    {
    }

    /// <summary>Leaves the fleet, so that the others take over at once. Never fails: they notice the absence of a process by themselves.</summary>
    Task LeaveAsync() => Task.CompletedTask;
}
