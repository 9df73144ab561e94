namespace ConnectionStateService.Tests.Support;

/// <summary>
/// Runs several asynchronous workers one at a time and switches between them where they call <see cref="YieldAsync"/>, in an order drawn
/// from <paramref name="random"/>: the same seed gives the same interleaving.
/// </summary>
internal sealed class DeterministicScheduler(Random random)
{
    private readonly AsyncLocal<Worker?> current = new();

    /// <summary>Whether the caller runs in a worker of this scheduler.</summary>
    public bool IsInWorker => current.Value is not null;

    public async Task RunAsync(params IReadOnlyList<Func<Task>> works)
    {
        var workers = works.Select(_ => new Worker()).ToList();
        var running = works.Select((work, i) => Task.Run(() => RunAsync(workers[i], work))).ToArray();
        foreach (var worker in workers)
        {
            await worker.Stopped.WaitAsync();
        }

        while (workers.Count > 0)
        {
            var worker = workers[random.Next(workers.Count)];
            worker.Turn.Release();
            await worker.Stopped.WaitAsync();
            if (worker.IsDone)
            {
                workers.Remove(worker);
            }
        }

        await Task.WhenAll(running);
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
