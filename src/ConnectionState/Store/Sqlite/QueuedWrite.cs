namespace ConnectionStateService.Store.Sqlite;

/// <summary>A write that waits for the writer's thread.</summary>
internal abstract class QueuedWrite(CancellationToken cancellationToken)
{
    /// <summary>Nobody waits for the answer any more.</summary>
    public bool IsAbandoned => cancellationToken.IsCancellationRequested;

    public abstract void Run(SqliteWrites writes);

    public abstract void Succeed();

    public abstract void Fail(Exception failure);

    public abstract void Abandon();
}

/// <summary>A write that waits for the writer's thread, with its answer.</summary>
/// <param name="write">What is written; runs on the writer's thread.</param>
/// <param name="written">Told the answer once it is on disk, whether or not anybody waits for it; must neither block nor fail.</param>
/// <param name="cancellationToken">Cancelled when nobody waits any more.</param>
internal sealed class QueuedWrite<T>(
    Func<SqliteWrites, T> write, Action<T>? written, CancellationToken cancellationToken)
    : QueuedWrite(cancellationToken)
{
    private readonly CancellationToken cancellationToken = cancellationToken;

    // Continuations must not run on the writer's thread: they would keep it from the next batch.
    private readonly TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? answer;

    public Task<T> Done => done.Task;

    public override void Run(SqliteWrites writes) => answer = write(writes);

    public override void Succeed()
    {
        written?.Invoke(answer!);
        done.SetResult(answer!);
    }

    public override void Fail(Exception failure) => done.SetException(failure);

    public override void Abandon() => done.SetCanceled(cancellationToken);
}
