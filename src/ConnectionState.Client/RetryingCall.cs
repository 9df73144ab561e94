using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>One call as the caller sees it, however many attempts it takes.</summary>
internal sealed class RetryingCall<TResponse> : IDisposable
{
    private readonly Func<AsyncUnaryCall<TResponse>> start;
    private readonly ConnectionStateClientOptions options;
    private readonly TimeProvider clock;
    private readonly DateTime deadline;
    private readonly CancellationToken callerCancels;
    private readonly CancellationTokenSource disposed = new();
    private readonly TaskCompletionSource<Metadata> headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AsyncUnaryCall<TResponse> attempt;

    public RetryingCall(
        Func<AsyncUnaryCall<TResponse>> start, ConnectionStateClientOptions options, TimeProvider clock, CallOptions callOptions)
    {
        this.start = start;
        this.options = options;
        this.clock = clock;
        deadline = callOptions.Deadline ?? DateTime.MaxValue;
        callerCancels = callOptions.CancellationToken;
        attempt = start();
        Response = RunAsync();
    }

    public Task<TResponse> Response { get; }

    public Task<Metadata> Headers => headers.Task;

    public Status GetStatus() => attempt.GetStatus();

    public Metadata GetTrailers() => attempt.GetTrailers();

    public void Dispose()
    {
        // Not the source itself: a wait between two attempts may still hold its token.
        disposed.Cancel();
        attempt.Dispose();
    }

    private async Task<TResponse> RunAsync()
    {
        try
        {
            var response = await TryUntilDoneAsync().ConfigureAwait(false);
            headers.TrySetResult(await attempt.ResponseHeadersAsync.ConfigureAwait(false));
            return response;
        }
        catch (Exception e)
        {
            headers.TrySetException(e);

            // Nobody has to look at the headers; the failure is told by the response.
            _ = headers.Task.Exception;
            throw;
        }
    }

    private async Task<TResponse> TryUntilDoneAsync()
    {
        for (var tried = 1; ; tried++)
        {
            try
            {
                return await attempt.ResponseAsync.ConfigureAwait(false);
            }
            catch (RpcException e)
            {
                var wait = Backoff.Draw(tried, options.InitialBackoff, options.MaxBackoff);
                if (!MayRetry(e, tried, wait))
                {
                    throw ToFailure(e);
                }

                await WaitAsync(wait, e).ConfigureAwait(false);
                attempt.Dispose();
                attempt = start();
                if (disposed.IsCancellationRequested)
                {
                    attempt.Dispose();
                }
            }
        }
    }

    // A retry that would begin after the deadline would only hide the true failure behind DEADLINE_EXCEEDED.
    private bool MayRetry(RpcException e, int tried, TimeSpan wait) =>
        e.StatusCode is StatusCode.Unavailable or StatusCode.Aborted
        && tried < options.MaxAttempts
        && !callerCancels.IsCancellationRequested
        && !disposed.IsCancellationRequested
        && clock.GetUtcNow().UtcDateTime + wait < deadline;

    private async Task WaitAsync(TimeSpan wait, RpcException failure)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(callerCancels, disposed.Token);
        try
        {
            await Task.Delay(wait, clock, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw ToFailure(failure);
        }
    }

    private Exception ToFailure(RpcException e) => callerCancels.IsCancellationRequested
        ? new OperationCanceledException("The caller cancelled the call.", e, callerCancels)
        : ErrorDetails.ToException(e, options.Address);
}
