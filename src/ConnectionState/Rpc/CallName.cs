using ConnectionStateService.Auth;
using ConnectionStateService.Limits;
using Grpc.Core;

namespace ConnectionStateService.Rpc;

/// <summary>
/// The name of a method for metrics and spans, and what it does, in the metadata of its endpoint. Not the path of the request: paths are not case-sensitive,
/// so callers could make up any number of names.
/// </summary>
internal sealed class CallName(IMethod method)
{
    /// <summary>The name of every method that is not the service's own.</summary>
    public const string Other = "_OTHER";

    /// <summary>The full name, such as <c>connectionstate.v1.PageService/GetPageList</c>.</summary>
    public string Value { get; } = Of(method);

    /// <summary>What the method does.</summary>
    public CallKind Kind { get; } = KindOf(method);

    public static string Of(IMethod method) => $"{method.ServiceName}/{method.Name}";

    private static CallKind KindOf(IMethod method) => method.Type != MethodType.Unary ? CallKind.Stream
        : ScopeTable.Methods.GetValueOrDefault(method.FullName) is Scopes.PagesRead or Scopes.FleetRead or Scopes.FeedRead ? CallKind.Read
        : CallKind.Change;
}
