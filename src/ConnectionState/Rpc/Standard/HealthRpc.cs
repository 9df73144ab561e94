using Grpc.Core;
using static ConnectionStateService.Rpc.Standard.HealthCheckResponse.Types;

namespace ConnectionStateService.Rpc.Standard;

/// <summary>The standard health service: every service is as healthy as the store.</summary>
internal sealed class HealthRpc(Readiness readiness, ServiceCatalog catalog, TimeProvider clock, IHostApplicationLifetime lifetime)
    : Health.HealthBase
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) =>
        IsKnown(request.Service)
            ? new() { Status = await StatusAsync(context.CancellationToken) }
            : throw new RpcException(new Status(StatusCode.NotFound, $"There is no service '{request.Service}'."));

    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        var sent = ServingStatus.Unknown;
        while (true)
        {
            var status = IsKnown(request.Service) ? await StatusAsync(ending.Token) : ServingStatus.ServiceUnknown;
            if (status != sent)
            {
                await responseStream.WriteAsync(new HealthCheckResponse { Status = status }, context.CancellationToken);
                sent = status;
            }

            await Task.Delay(Interval, clock, ending.Token);
        }
    }

    private bool IsKnown(string service) => service.Length == 0 || catalog.Names.Contains(service);

    private async Task<ServingStatus> StatusAsync(CancellationToken cancellationToken) =>
        await readiness.CheckAsync(cancellationToken) ? ServingStatus.Serving : ServingStatus.NotServing;
}
