using System.Diagnostics;
using ConnectionStateService.Auth;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace ConnectionStateService.Rpc;

/// <summary>Implements TokenService.</summary>
internal sealed class TokenRpc(MerchantTokenIssuer tokens) : TokenService.TokenServiceBase
{
    public override async Task<IssueMerchantTokenResponse> IssueMerchantToken(IssueMerchantTokenRequest request, ServerCallContext context)
    {
        var lifetime = request.Lifetime?.ToTimeSpan() ?? MerchantTokenOptions.MaxLifetime;
        var issued = await tokens.IssueAsync(request.MerchantId, request.Actor, ScopesOf(request.Preset), lifetime, context.CancellationToken);
        return issued is var (token, expiresAt)
            ? new() { Token = token, ExpiresAt = expiresAt.ToTimestamp() }
            : throw RpcErrors.ToException(new AuthFault.MerchantTokensDisabled());
    }

    public override async Task<RevokeMerchantTokensResponse> RevokeMerchantTokens(RevokeMerchantTokensRequest request, ServerCallContext context) =>
        await tokens.RevokeAsync(request.MerchantId, context.CancellationToken) is { } until
            ? new() { RevokedUntil = until.ToTimestamp() }
            : throw RpcErrors.ToException(new AuthFault.MerchantTokensDisabled());

    private static Scopes ScopesOf(TokenPreset preset) => preset switch
    {
        TokenPreset.Screen => Scopes.PagesRead | Scopes.PagesWrite,
        TokenPreset.ReadOnly => Scopes.PagesRead,
        _ => throw new UnreachableException(),
    };
}
