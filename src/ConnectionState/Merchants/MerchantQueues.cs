using ConnectionStateService.Store;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Merchants;

/// <summary>
/// The commands that this process carries out, in one queue per merchant. Commands of the same merchant are decided one after another, so
/// that they do not conflict with each other; those of different merchants do not wait for each other.
/// </summary>
internal class MerchantQueues(IOptions<StoreOptions> options)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, (MerchantQueue Queue, int Commands)> queues = new(StringComparer.Ordinal);

    /// <summary>Adds a command to the queue of its merchant. Call <see cref="Leave"/> when the command is done.</summary>
    /// <returns>The merchant's queue, or null if it is full.</returns>
    public virtual MerchantQueue? TryEnter(string merchantId)
    {
        lock (gate)
        {
            var (queue, commands) = queues.TryGetValue(merchantId, out var found) ? found : (new MerchantQueue(merchantId), 0);
            if (commands == options.Value.QueuedCommands)
            {
                return null;
            }

            queues[merchantId] = (queue, commands + 1);
            return queue;
        }
    }

    /// <summary>Removes a command from its queue.</summary>
    public virtual void Leave(MerchantQueue queue)
    {
        lock (gate)
        {
            var commands = queues[queue.MerchantId].Commands - 1;
            if (commands == 0)
            {
                queues.Remove(queue.MerchantId);
                queue.Dispose();
            }
            else
            {
                queues[queue.MerchantId] = (queue, commands);
            }
        }
    }
}
