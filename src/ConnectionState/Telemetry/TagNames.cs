namespace ConnectionStateService.Telemetry;

/// <summary>The names of tags. Those of OpenTelemetry's conventions where there is one.</summary>
internal static class TagNames
{
    public const string Method = "rpc.method";
    public const string Status = "rpc.response.status_code";
    public const string ErrorType = "error.type";
    public const string Provider = "connectionstate.provider";
    public const string From = "connectionstate.state.from";
    public const string To = "connectionstate.state.to";
    public const string Cause = "connectionstate.cause";
    public const string Store = "connectionstate.store";
    public const string Limit = "connectionstate.limit";
    public const string Scope = "connectionstate.limit.scope";
    public const string Outcome = "connectionstate.outcome";
}
