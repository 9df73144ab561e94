using Grpc.Core;

namespace ConnectionStateService.Rpc;

/// <summary>The messages to the caller of a stream. A write to a caller that has gone away fails as canceled, and not as a bug.</summary>
internal sealed class ResponseWriter<T>(IServerStreamWriter<T> responses, ServerCallContext context) : IServerStreamWriter<T>
{
    public WriteOptions? WriteOptions
    {
        get => responses.WriteOptions;
        set => responses.WriteOptions = value;
    }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        try
        {
            await responses.WriteAsync(message, cancellationToken);
        }
        catch (Exception e) when (IsCallerGone(e))
        {
            throw RpcErrors.CallerGone(e);
        }
    }

    // That the call is canceled may be known a moment later. gRPC throws InvalidOperationException if it becomes known while the write begins.
    // The token of a call with a deadline follows that of the request.
    private bool IsCallerGone(Exception e) => e is IOException
        || (e is InvalidOperationException
            && (context.CancellationToken.IsCancellationRequested || context.GetHttpContext().RequestAborted.IsCancellationRequested));
}
