using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;

namespace ConnectionStateService.Client.Testing;

/// <summary>Answers unary calls with the functions that the test has set.</summary>
internal sealed class FakeCallInvoker(Func<RpcException?> outage) : CallInvoker
{
    private readonly ConcurrentDictionary<Type, Func<object, object>> answers = new();
    private readonly ConcurrentQueue<IMessage> requests = new();

    public IReadOnlyList<IMessage> Requests => [.. requests];

    public void Add<TRequest, TResponse>(Func<TRequest, TResponse> answer)
        where TRequest : class
        where TResponse : class => answers[typeof(TRequest)] = request => answer((TRequest)request);

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => Answer(method, options, request);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        Task<TResponse> response;
        try
        {
            response = Task.FromResult(Answer(method, options, request));
        }
        catch (Exception e)
        {
            response = Task.FromException<TResponse>(e);
        }

        return new AsyncUnaryCall<TResponse>(response, Task.FromResult(new Metadata()), () => StatusOf(response), () => [], () => { });
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        throw new NotSupportedException("The fake has no streams on the wire; use Watcher.");

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

    private static Status StatusOf<T>(Task<T> response) =>
        response.Exception?.InnerException is RpcException e ? e.Status : Status.DefaultSuccess;

    private TResponse Answer<TRequest, TResponse>(Method<TRequest, TResponse> method, CallOptions options, TRequest request)
        where TRequest : class
    {
        options.CancellationToken.ThrowIfCancellationRequested();
        requests.Enqueue((IMessage)request);
        if (outage() is { } failure)
        {
            throw failure;
        }

        return answers.TryGetValue(typeof(TRequest), out var answer)
            ? (TResponse)answer(request)
            : throw new RpcException(new Status(
                StatusCode.Unimplemented, $"The fake does not answer {method.FullName}; call OnCall<{typeof(TRequest).Name}, ...>."));
    }
}
