using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>A stream's messages, with failures as <see cref="ConnectionStateException"/>.</summary>
internal sealed class StreamReader<T>(IAsyncStreamReader<T> inner, Uri address) : IAsyncStreamReader<T>
{
    public T Current => inner.Current;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        try
        {
            return await inner.MoveNext(cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException e) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("The caller cancelled the call.", e, cancellationToken);
        }
        catch (RpcException e)
        {
            throw ErrorDetails.ToException(e, address);
        }
    }
}
