using ConnectionStateService.V1;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace ConnectionStateService.Rpc;

/// <summary>The services of the API, as their protos describe them.</summary>
internal static class ApiServices
{
    public static IReadOnlyList<ServiceDescriptor> All =>
    [
        ConnectService.Descriptor, PageService.Descriptor, SignalService.Descriptor, PlanService.Descriptor, WatchService.Descriptor, FeedService.Descriptor,
        FleetService.Descriptor, TokenService.Descriptor, MerchantService.Descriptor,
    ];

    /// <summary>
    /// Builds the descriptors on another thread, by the time that the services are mapped. Building them, by reflection over all messages, takes a fifth of
    /// the start of a process.
    /// </summary>
    public static void BuildDescriptorsInBackground() => ThreadPool.UnsafeQueueUserWorkItem(_ => GC.KeepAlive(All), null);
}
