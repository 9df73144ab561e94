namespace ConnectionStateService.Tests.Support;

/// <summary>
/// Lets several workers go on one at a time, each from one call of <see cref="NextAsync"/> to its next, in an order that is drawn: the
/// same draws give the same run.
/// </summary>
internal sealed class Turns(Random random)
{
    private readonly AsyncLocal<Worker?> current = new();

    public async Task RunAsync(params IReadOnlyList<Func<Task>> works)
    {
        var workers = works.Select(_ => new Worker()).ToList();
        var running = works.Select((work, i) => Task.Run(() => WorkAsync(workers[i], work))).ToArray();
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

    /// <summary>Waits for the worker's next turn.</summary>
    public async Task NextAsync()
    {
        var worker = current.Value!;
        worker.Stopped.Release();
        await worker.Turn.WaitAsync();
    }

    private async Task WorkAsync(Worker worker, Func<Task> work)
    {
        current.Value = worker;
        await NextAsync();
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
