namespace Microsoft.AspNetCore.Builder;

public class GrpcWebOptions
{
    /// <summary>Whether endpoints that say nothing about it answer gRPC-Web.</summary>
    public bool DefaultEnabled { get; set; }
}
