namespace ConnectionStateService.Tests.Support;

/// <summary>
/// Runs several asynchronous workers one at a time and switches between them where they call <see cref="YieldAsync"/>, in a given order: the
/// same order gives the same interleaving.
/// </summary>
internal sealed class DeterministicScheduler
{
    private readonly AsyncLocal<Worker?> current = new();

    /// <summary>Whether the caller runs in a worker of this scheduler.</summary>
    public bool IsInWorker => current.Value is not null;

    /// <summary>Runs workers in a random order: the same seed gives the same order.</summary>
    public Task RunAsync(Random random, params IReadOnlyList<Func<Task>> works) => RunAsync(DrawOrder(random, works.Count), works);

    /// <summary>
    /// Runs workers in the given order: each number is the worker that takes the next step. Turns of finished workers are skipped. When the
    /// order ends, the workers that are left run to their ends, one after the other.
    /// </summary>
    /// <returns>Whether no turn was skipped.</returns>
    public async Task<bool> RunAsync(IEnumerable<int> order, params IReadOnlyList<Func<Task>> works)
    {
        var workers = works.Select(_ => new Worker()).ToList();
        var running = works.Select((work, i) => Task.Run(() => RunAsync(workers[i], work))).ToArray();
        foreach (var worker in workers)
        {
            await worker.Stopped.WaitAsync();
        }

        var hasSkipped = false;
        foreach (var worker in order.Select(index => workers[index]))
        {
            hasSkipped |= worker.IsDone;
            if (workers.TrueForAll(w => w.IsDone))
            {
                break;
            }

            await StepAsync(worker);
        }

        foreach (var worker in workers)
        {
            while (!worker.IsDone)
            {
                await StepAsync(worker);
            }
        }

        await Task.WhenAll(running);
        return !hasSkipped;
    }

    /// <summary>Lets another worker run, and returns when it is this worker's turn again. Outside a worker it returns at once.</summary>
    public async Task YieldAsync()
    {
        if (current.Value is { } worker)
        {
            worker.Stopped.Release();
            await worker.Turn.WaitAsync();
        }
    }

    private static IEnumerable<int> DrawOrder(Random random, int workers)
    {
        while (true)
        {
            yield return random.Next(workers);
        }
    }

    private static async Task StepAsync(Worker worker)
    {
        if (!worker.IsDone)
        {
            worker.Turn.Release();
            await worker.Stopped.WaitAsync();
        }
    }

    private async Task RunAsync(Worker worker, Func<Task> work)
    {
        current.Value = worker;
        await YieldAsync();
        try
        {
            await work();
        }
        finally
        {
            worker.IsDone = true;
            worker.Stopped.Release();
        }
    }

    private sealed class Worker
    {
        public SemaphoreSlim Turn { get; } = new(0);

        public SemaphoreSlim Stopped { get; } = new(0);

        public bool IsDone { get; set; }
    }
}
