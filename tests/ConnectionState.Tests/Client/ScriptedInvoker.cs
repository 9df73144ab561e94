using Grpc.Core;

namespace ConnectionStateService.Tests.Client;

/// <summary>
/// A call invoker that answers each call with the next of the given outcomes and records the requests. An outcome is a response, an exception, a
/// function of the request, or a TaskCompletionSource of the response; the last one repeats.
/// </summary>
internal sealed class ScriptedInvoker(params object[] outcomes) : CallInvoker
{
    private readonly List<object> requests = [];
    private int next;

    public IReadOnlyList<object> Requests
    {
        get
        {
            lock (requests)
            {
                return [.. requests];
            }
        }
    }

    public List<CallOptions> Options { get; } = [];

    /// <summary>Called before a call is answered.</summary>
    public Action? OnAttempt { get; set; }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        lock (requests)
        {
            requests.Add(request);
        }

        Options.Add(options);
        OnAttempt?.Invoke();
        var outcome = outcomes[Math.Min(next++, outcomes.Length - 1)];
        var response = outcome switch
        {
            Exception failure => Task.FromException<TResponse>(failure),
            TaskCompletionSource<TResponse> later => later.Task,
            Func<TRequest, TResponse> answer => Task.FromResult(answer(request)),
            _ => Task.FromResult((TResponse)outcome),
        };
        return new AsyncUnaryCall<TResponse>(
            response, Task.FromResult(new Metadata { { "attempt", $"{next}" } }), () => Status.DefaultSuccess, () => [], () => { });
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        AsyncUnaryCall(method, host, options, request).GetAwaiter().GetResult();

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();
}
