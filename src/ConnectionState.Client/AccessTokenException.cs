using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>Why there is no token. Marks the status of a call that was not sent.</summary>
internal sealed class AccessTokenException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>The failure of a call that waits for a token. The message has no full stop at its end.</summary>
    public RpcException ToRpcException(StatusCode statusCode = StatusCode.Unavailable)
    {
        var detail = $"No access token: {Message.TrimEnd('.')}. The call was not sent.";
        return new(new Status(statusCode, detail, this), $"{statusCode}: {detail}");
    }
}
