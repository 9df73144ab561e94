namespace ConnectionStateService.Store.Sqlite;

/// <summary>A write in the queue of the writer thread.</summary>
internal abstract class QueuedWrite(int size, CancellationToken cancellationToken)
{
    /// <summary>The approximate size of the written data, in bytes.</summary>
    public int Size => size;

    /// <summary>True if no caller waits for the result any more.</summary>
    public bool IsCanceled => cancellationToken.IsCancellationRequested;

    /// <summary>Executes the write, inside the writer's transaction.</summary>
    public abstract void Run(SqliteWrites writes);

    /// <summary>Completes the write after its transaction was committed.</summary>
    public abstract void Succeed();

    /// <summary>Completes the write with an exception.</summary>
    public abstract void Fail(Exception failure);

    /// <summary>Completes the write as canceled.</summary>
    public abstract void Cancel();
}

/// <summary>A write with a result.</summary>
/// <param name="write">The write; runs on the writer thread.</param>
/// <param name="committed">Called on the writer thread after the commit, or null. It must neither block nor throw.</param>
/// <param name="size">The approximate size of the written data, in bytes.</param>
/// <param name="cancellationToken">Cancels the write while it is queued.</param>
internal sealed class QueuedWrite<T>(
    Func<SqliteWrites, T> write, Action<T>? committed, int size, CancellationToken cancellationToken)
    : QueuedWrite(size, cancellationToken)
{
    private readonly CancellationToken cancellationToken = cancellationToken;

    // Asynchronous, so that continuations of callers do not run on the writer thread.
    private readonly TaskCompletionSource<T> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? result;

    public Task<T> Completion => completion.Task;

    public override void Run(SqliteWrites writes) => result = write(writes);

    public override void Succeed()
    {
        committed?.Invoke(result!);
        completion.SetResult(result!);
    }

    public override void Fail(Exception failure) => completion.SetException(failure);

    public override void Cancel() => completion.SetCanceled(cancellationToken);
}
