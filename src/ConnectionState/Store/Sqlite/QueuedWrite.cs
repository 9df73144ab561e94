using Microsoft.Data.Sqlite;

namespace ConnectionState.Store.Sqlite;

/// <summary>A write that waits for the writer's thread.</summary>
internal abstract class QueuedWrite(CancellationToken cancellationToken)
{
    /// <summary>Nobody waits for the answer any more.</summary>
    public bool IsAbandoned => cancellationToken.IsCancellationRequested;

    public abstract void Run(SqliteWrites writes, SqliteTransaction transaction);

    public abstract void Succeed();

    public abstract void Fail(Exception failure);

    public abstract void Abandon();
}

/// <summary>A write that waits for the writer's thread, with its answer.</summary>
internal sealed class QueuedWrite<T>(Func<SqliteWrites, SqliteTransaction, T> write, CancellationToken cancellationToken)
    : QueuedWrite(cancellationToken)
{
    private readonly CancellationToken cancellationToken = cancellationToken;

    // Continuations must not run on the writer's thread: they would keep it from the next batch.
    private readonly TaskCompletionSource<T> written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? answer;

    public Task<T> Written => written.Task;

    public override void Run(SqliteWrites writes, SqliteTransaction transaction) => answer = write(writes, transaction);

    public override void Succeed() => written.SetResult(answer!);

    public override void Fail(Exception failure) => written.SetException(failure);

    public override void Abandon() => written.SetCanceled(cancellationToken);
}
