using System.IO.Pipelines;

namespace Pipelines.Sockets.Unofficial;

/// <summary>A few threads of its own, so that replies are read although the thread pool is busy. It helps out when the queue is long.</summary>
public sealed class DedicatedThreadPoolPipeScheduler : PipeScheduler, IDisposable
{
    private readonly Queue<(Action<object?> Action, object? State)> queue = new();
    private readonly int longestQueue;
    private int available;
    private long servicedByQueue;
    private long servicedByPool;
    private bool disposed;

    public DedicatedThreadPoolPipeScheduler(
        string? name = null, int workerCount = 5, int useThreadPoolQueueLength = 10, ThreadPriority priority = ThreadPriority.Normal)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(workerCount);
        longestQueue = workerCount == 0 ? 0 : useThreadPoolQueueLength;
        WorkerCount = workerCount;
        for (var i = 0; i < workerCount; i++)
        {
            new Thread(Work) { Name = name ?? nameof(DedicatedThreadPoolPipeScheduler), IsBackground = true, Priority = priority }.Start();
        }
    }

    public int WorkerCount { get; }

    /// <summary>Workers that wait for something to do.</summary>
    public int AvailableCount => Volatile.Read(ref available);

    public long TotalServicedByQueue => Interlocked.Read(ref servicedByQueue);

    public long TotalServicedByPool => Interlocked.Read(ref servicedByPool);

    public override void Schedule(Action<object?> action, object? state)
    {
        ArgumentNullException.ThrowIfNull(action);
        lock (queue)
        {
            if (!disposed && queue.Count < longestQueue)
            {
                queue.Enqueue((action, state));
                if (available > 0)
                {
                    Monitor.Pulse(queue);
                }

                return;
            }
        }

        Interlocked.Increment(ref servicedByPool);
        ThreadPool.Schedule(action, state);
    }

    /// <summary>Ends the workers after what is queued; what comes later goes to the thread pool.</summary>
    public void Dispose()
    {
        lock (queue)
        {
            disposed = true;
            Monitor.PulseAll(queue);
        }
    }

    private void Work()
    {
        while (Next() is { Action: { } action, State: var state })
        {
            Interlocked.Increment(ref servicedByQueue);
            Run(action, state);
        }
    }

    private (Action<object?>? Action, object? State) Next()
    {
        lock (queue)
        {
            (Action<object?>, object?) item;
            while (!queue.TryDequeue(out item))
            {
                if (disposed)
                {
                    return default;
                }

                available++;
                Monitor.Wait(queue);
                available--;
            }

            return item;
        }
    }

    // Whoever scheduled it deals with its failures; the worker goes on.
    private static void Run(Action<object?> action, object? state)
    {
        try
        {
            action(state);
        }
        catch (Exception exception)
        {
            System.Diagnostics.Trace.TraceError($"Work on a pipe failed: {exception}");
        }
    }
}
