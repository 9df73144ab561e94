using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>Wakes the watches that wait to reconnect when one of them has reached the server.</summary>
internal sealed class ReconnectSignal
{
    private TaskCompletionSource connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int waiting;

    /// <summary>True if the server was unreachable or shutting down, so that the success of another watch ends this failure.</summary>
    public static bool AppliesTo(ConnectionStateError? error) => error is
    {
        StatusCode: StatusCode.Unavailable,
        Reason: ErrorReason.Unspecified or ErrorReason.ShuttingDown,
    };

    /// <summary>Reports that a watch has received the first message of a stream.</summary>
    public void NotifyConnected()
    {
        if (Volatile.Read(ref waiting) > 0)
        {
            Interlocked.Exchange(ref connected, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }

    /// <summary>Waits until a watch has received the first message of a stream. Returns false after the timeout.</summary>
    public async Task<bool> WaitAsync(TimeSpan timeout, TimeProvider clock, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref waiting);
        try
        {
            await Volatile.Read(ref connected).Task.WaitAsync(timeout, clock, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }
}
