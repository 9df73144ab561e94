using ConnectionStateService.Merchants;
using ConnectionStateService.Store;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.Support;

/// <summary>
/// Gives each command a queue of its own, as if each ran in a process of its own. No command waits for another one, which a
/// <see cref="DeterministicScheduler"/> could not detect.
/// </summary>
internal sealed class SeparateQueues(IOptions<StoreOptions> options) : MerchantQueues(options)
{
    public override MerchantQueue TryEnter(string merchantId) => new(merchantId);

    public override void Leave(MerchantQueue queue) => queue.Dispose();
}
