using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>Tells the watches that wait for the service that one of them has reached it.</summary>
internal sealed class Recovery
{
    private TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int waiting;

    /// <summary>Whether another watch's success says anything about this failure: the process was not there, or went.</summary>
    public static bool Concerns(ConnectionStateException? failure) => failure is
    {
        StatusCode: StatusCode.Unavailable,
        Reason: ErrorReason.Unspecified or ErrorReason.ShuttingDown,
    };

    /// <summary>A watch has heard from the service.</summary>
    public void Tell()
    {
        if (Volatile.Read(ref waiting) > 0)
        {
            Interlocked.Exchange(ref reached, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }

    /// <summary>Waits until a watch has heard from the service.</summary>
    /// <returns>False: none has, in all that time.</returns>
    public async Task<bool> WaitAsync(TimeSpan longest, TimeProvider clock, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref waiting);
        try
        {
            await Volatile.Read(ref reached).Task.WaitAsync(longest, clock, cancellationToken).ConfigureAwait(false);
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
