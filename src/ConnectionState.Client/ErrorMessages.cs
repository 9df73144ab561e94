using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>Turns errors of the transport and of authentication into messages that say what to check.</summary>
internal static class ErrorMessages
{
    // HTTP/2 error code of RFC 9113: the server wants HTTP/1.1.
    private const long Http11Required = 0xd;

    // The details of Grpc.Net.Client for an HTTP/1.1 response, and for one over HTTP/2 that is not from a gRPC server.
    private const string Http1Detail = "Bad gRPC response. Response protocol downgraded to HTTP/1";
    private const string HttpStatusDetail = "Bad gRPC response. HTTP status code: ";

    /// <summary>
    /// The same failure with a clear detail, and with the request id as a trailer. An error that the server explained keeps its detail; what to
    /// do in this client may be added.
    /// </summary>
    public static RpcException Clarify(RpcException e, ConnectionStateClientOptions options, string? requestId, TimeSpan? elapsed)
    {
        var error = e.GetConnectionStateError();
        var detail = error.IsFromServer ? e.Status.Detail + Advise(error.Reason, options) : Explain(e, options.Address, requestId, elapsed);
        var trailers = new Metadata();
        foreach (var entry in e.Trailers)
        {
            trailers.Add(entry);
        }

        if (requestId is not null && trailers.Get(ConnectionStateError.RequestIdTrailer) is null)
        {
            trailers.Add(ConnectionStateError.RequestIdTrailer, requestId);
        }

        return new RpcException(new Status(e.StatusCode, detail, e), trailers, $"{e.StatusCode}: {detail}");
    }

    private static string Advise(ErrorReason reason, ConnectionStateClientOptions options) => (reason, options) switch
    {
        (ErrorReason.TokenMissing, { ApiKey: null, TokenSource: null }) =>
            " This client sends no token: set ConnectionStateClientOptions.ApiKey or TokenSource.",
        (ErrorReason.TokenMissing, _) => " This client sends a token: check that no proxy removes the header 'authorization'.",
        (ErrorReason.TokenInvalid or ErrorReason.TokenRevoked, { ApiKey: not null }) => " Check ConnectionStateClientOptions.ApiKey.",
        (ErrorReason.TokenInvalid or ErrorReason.TokenExpired or ErrorReason.TokenRevoked, { TokenSource: not null }) =>
            " Check ConnectionStateClientOptions.TokenSource: its tokens are refused.",
        _ => "",
    };

    private static string Explain(RpcException e, Uri address, string? requestId, TimeSpan? elapsed)
    {
        var detail = e.Status.Detail;
        if (e.Status.DebugException is AccessTokenException)
        {
            return detail;
        }

        if (e.StatusCode is StatusCode.DeadlineExceeded)
        {
            var waited = elapsed is { } time ? $" within {time.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)} s" : "";
            return $"ConnectionState at {address} did not answer{waited}. "
                + (requestId is null
                    ? ""
                    : $"The server may have applied the request: repeat it with request_id '{requestId}' to be safe. ")
                + "Check the server's load, or raise ConnectionStateClientOptions.Deadline.";
        }

        var causes = Causes(e).ToList();
        if (causes.OfType<AuthenticationException>().FirstOrDefault() is { } tls)
        {
            return $"The TLS handshake with {address} failed: {tls.Message} Check that the address has the right scheme "
                + "(https only if the port serves TLS) and that the server's certificate is trusted.";
        }

        if (IsHttp1(causes, detail))
        {
            return $"{address} does not speak gRPC over HTTP/2: it is probably the server's HTTP port (console, health) or a proxy. "
                + $"Set ConnectionStateClientOptions.Address to the gRPC port, 5081 by default. ({detail})";
        }

        if (detail.StartsWith(HttpStatusDetail, StringComparison.Ordinal))
        {
            return $"A proxy at {address} answered HTTP {detail[HttpStatusDetail.Length..]}. "
                + "Check the proxy's authentication and backends.";
        }

        if (e.StatusCode is StatusCode.Unavailable)
        {
            var cause = causes.OfType<SocketException>().FirstOrDefault()?.Message ?? causes.LastOrDefault()?.Message ?? detail;
            return $"Cannot reach ConnectionState at {address}: {cause.TrimEnd('.')}. "
                + "Check that the server is running, and the host and gRPC port in ConnectionStateClientOptions.Address.";
        }

        return $"{(detail.Length > 0 ? detail.TrimEnd('.') : e.StatusCode)}. (Sent to {address}.)";
    }

    private static bool IsHttp1(List<Exception> causes, string detail) =>
        causes.OfType<HttpProtocolException>().Any(e => e.ErrorCode == Http11Required)
        || causes.OfType<HttpRequestException>().Any(e => e.HttpRequestError is HttpRequestError.VersionNegotiationError)
        || detail.StartsWith(Http1Detail, StringComparison.Ordinal);

    private static IEnumerable<Exception> Causes(RpcException e)
    {
        for (var cause = e.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            yield return cause;
        }
    }
}
