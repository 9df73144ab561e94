using ConnectionStateService.Rpc.Validation;
using Google.Protobuf;
using Grpc.Core;

namespace ConnectionStateService.Rpc;

/// <summary>The requests of a caller that streams them. An invalid one fails the call.</summary>
internal sealed class ValidatedRequests<T>(IAsyncStreamReader<T> requests) : IAsyncStreamReader<T>
{
    public T Current => requests.Current;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        try
        {
            if (!await requests.MoveNext(cancellationToken))
            {
                return false;
            }
        }
        catch (IOException e)
        {
            // The caller has gone away. That the call is canceled may be known a moment later.
            throw RpcErrors.CallerGone(e);
        }

        if (RequestValidator.Validate((IMessage)requests.Current!) is { Length: > 0 } violations)
        {
            throw RpcErrors.InvalidRequest(violations);
        }

        return true;
    }
}
